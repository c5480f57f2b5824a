// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The way from one address to another, remembered for the rest of a tick (16.8 ms): FIB lookups are a good part of what a packet
// costs. It is remembered by all that a lookup is told (routing.bpf.h): the interface that the packet came in by, both addresses, and
// the protocol. So every lookup would have had the same answer, and a change of routes, neighbours or interfaces takes hold
// within a tick. Include it in one C file, behind routing.bpf.h.
#pragma once

#include "routing.bpf.h"

enum { REMEMBERED_ROUTES = 256 };

/// By what a way was found, in the route's reserved bits; the protocol is above them.
enum { FOUND_FOR_LOW_SOURCE = 1, FOUND_FOR_IPV6 = 2, FOUND_WITH_SOURCE = 4 };

/// A cache line.
struct remembered_route {
    uint64_t addresses[4];  // of the session's key, the lower one first
    uint32_t tick;
    uint32_t interface;  // by which the packet came in
    struct sluice_route route;
};

/// A way is written down when it is looked up for the second time in a tick: among many addresses of which hardly one comes back,
/// remembering would only take the caches up.
struct remembered_routes {
    /// What was looked up last in each place: bits of its hash and tick, and the lowest one set where it is written down.
    uint32_t seen[REMEMBERED_ROUTES];
    struct remembered_route routes[REMEMBERED_ROUTES];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct remembered_routes);
} sluice_routes SEC(".maps");

INLINE static uint16_t found_by(const struct sluice_packet *packet) {
    return (uint16_t)(
        (source_is_low(packet) ? FOUND_FOR_LOW_SOURCE : 0) | (packet->key.family == 6 ? FOUND_FOR_IPV6 : 0) |
        packet->key.protocol << 8);
}

INLINE static _Bool is_same(const uint64_t *a, const uint64_t *b) {
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

/// Fills `route` as `sluice_find_route` does, with what was found earlier in this tick where it can.
__attribute__((noinline)) int sluice_recall_route(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t now, uint32_t with_source) {
    uint32_t zero = 0;
    struct remembered_routes *memory = bpf_map_lookup_elem(&sluice_routes, &zero);
    if (!memory || !packet || !route) return 0;
    const uint64_t *addresses = (const uint64_t *)&packet->key;
    uint16_t by = found_by(packet);
    uint64_t hash = (addresses[0] ^ addresses[1] ^ by) * 0x9E3779B97F4A7C15 ^
        (addresses[2] ^ addresses[3]) * 0xC4CEB9FE1A85EC53;
    uint32_t place = hash >> 56 & (REMEMBERED_ROUTES - 1);
    uint32_t mine = ((uint32_t)(hash >> 24) ^ now * 0x9E3779B1) & ~1;
    uint32_t seen = memory->seen[place];
    struct remembered_route *known = &memory->routes[place];
    if (seen == (mine | 1) && known->tick == now && known->interface == skb->ifindex &&
        (known->route.reserved & ~FOUND_WITH_SOURCE) == by &&
        (!with_source || known->route.reserved & FOUND_WITH_SOURCE) && packet->segmentLength <= known->route.mtu &&
        is_same(known->addresses, addresses)) {
        *route = known->route;
        return 0;
    }
    sluice_find_route(skb, packet, route, with_source);
    if ((seen & ~1) != mine) {
        memory->seen[place] = mine;
        return 0;
    }
    // Only a way that the fast path goes to its end is worth remembering.
    if (route->kind != ROUTE_FORWARD || route->zone == 0) return 0;
    __builtin_memcpy(known->addresses, addresses, sizeof(known->addresses));
    known->tick = now;
    known->interface = skb->ifindex;
    known->route = *route;
    known->route.reserved = by | (with_source ? FOUND_WITH_SOURCE : 0);
    memory->seen[place] = mine | 1;
    return 0;
}
