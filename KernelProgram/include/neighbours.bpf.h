// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Keeping the kernel's table of neighbours alive. An entry that nothing is sent by grows stale, and is never asked again; the fast path
// only reads it. So a packet a second to each next hop is sent by that table, which asks as it would for any router (RFC 4861, 7.3).
// Include it in one C file.
#pragma once

#include "functions.bpf.h"

#include <linux/pkt_cls.h>

#define AF_INET 2
#define AF_INET6 10
#define EINVAL 22

/// BPF_FIB_LOOKUP_SKIP_NEIGH of linux/bpf.h (Linux 6.3): newer than Debian 12's headers.
#define FIB_LOOKUP_SKIP_NEIGH 4

/// How a packet leaves.
enum {
    /// By the interface, with the link addresses that the lookup gave.
    DELIVER_DIRECTLY = 0,
    /// The same, into the other end of a veth pair.
    DELIVER_TO_PEER = 1,
    /// By the kernel's table of neighbours.
    DELIVER_BY_NEIGHBOUR = 2,
};

enum {
    NEXT_HOPS = 1024,
    /// Ticks (16.8 ms) between two packets by the table: a second; and four while the neighbour is unknown, which is longer than it takes
    /// the kernel to give it up.
    TICKS_BETWEEN_ASKING = 60,
    TICKS_BETWEEN_RESOLVING = 240,
};

/// When each next hop was asked last: bits of its hash, and the tick. Two that share a place are asked more often.
struct asked_next_hops {
    uint64_t entries[NEXT_HOPS];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct asked_next_hops);
} sluice_next_hops SEC(".maps");

/// Whether the next hop that a lookup has found is to be asked by this packet; the next time, it is not due.
INLINE static _Bool is_to_be_asked(const struct bpf_fib_lookup *lookup, uint32_t now, _Bool is_unknown) {
    uint32_t zero = 0;
    struct asked_next_hops *asked = bpf_map_lookup_elem(&sluice_next_hops, &zero);
    if (!asked) return 0;
    uint64_t next_hop = lookup->family == AF_INET
        ? lookup->ipv4_dst
        : ((uint64_t)lookup->ipv6_dst[0] << 32 | lookup->ipv6_dst[1]) * 0xC4CEB9FE1A85EC53 +
            ((uint64_t)lookup->ipv6_dst[2] << 32 | lookup->ipv6_dst[3]);
    uint64_t hash = (next_hop ^ (uint64_t)lookup->ifindex << 33 ^ is_unknown) * 0x9E3779B97F4A7C15;
    uint64_t *entry = &asked->entries[hash >> 54 & (NEXT_HOPS - 1)];
    uint32_t tag = hash >> 16, between = is_unknown ? TICKS_BETWEEN_RESOLVING : TICKS_BETWEEN_ASKING;
    if (*entry >> 32 == tag && now - (uint32_t)*entry < between) return 0;
    *entry = (uint64_t)tag << 32 | now;
    return 1;
}
