// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Refreshes the kernel's neighbour table. An entry without traffic through it becomes stale, and the kernel does not
// verify it again; the fast path only reads it. So one packet per second to each next hop is sent through that table,
// which then verifies the neighbour as for any router (RFC 4861, 7.3). Include it in one C file.
#pragma once

#include "functions.bpf.h"

#include <linux/pkt_cls.h>

#define AF_INET 2
#define AF_INET6 10
#define EINVAL 22

/// BPF_FIB_LOOKUP_SKIP_NEIGH of linux/bpf.h (Linux 6.3): newer than Debian 12's headers.
#define FIB_LOOKUP_SKIP_NEIGH 4

/// How a packet is sent.
enum {
    /// Through the interface, with the link addresses from the lookup.
    DELIVER_DIRECTLY = 0,
    /// The same, directly into the other end of a veth pair.
    DELIVER_TO_PEER = 1,
    /// Through the kernel's neighbour table.
    DELIVER_BY_NEIGHBOUR = 2,
};

enum {
    NEXT_HOPS = 1024,
    /// Ticks (16.8 ms) between two packets through the table: one second. Four seconds while the neighbour is unknown,
    /// which is longer than the kernel takes to give up.
    TICKS_BETWEEN_ASKING = 60,
    TICKS_BETWEEN_RESOLVING = 240,
};

/// When each next hop was last verified: bits of its hash, and the tick. Two next hops that share an entry are verified
/// more often.
struct asked_next_hops {
    uint64_t entries[NEXT_HOPS];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct asked_next_hops);
} sluice_next_hops SEC(".maps");

/// Whether this packet verifies the next hop that a lookup has found. If so, the next packet does not.
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
