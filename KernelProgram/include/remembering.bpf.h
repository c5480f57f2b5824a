// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The way from one address to another, remembered for the rest of a tick (16.8 ms): FIB lookups are a good part of what a packet
// costs. It is remembered by all that a lookup is told (routing.bpf.h): the interface that the packet came in by, both addresses, and
// the protocol. So every lookup would have had the same answer, and a change of routes, neighbours or interfaces takes hold
// within a tick. Include it in one C file, behind routing.bpf.h.
#pragma once

#include "routing.bpf.h"

enum { REMEMBERED_ROUTES = 512 };

/// By what a way was found, in the route's reserved bits; the protocol is above them.
enum { FOUND_FOR_LOW_SOURCE = 1, FOUND_FOR_IPV6 = 2, FOUND_WITH_SOURCE = 4 };

/// A cache line.
struct remembered_route {
    uint64_t addresses[4];  // of the session's key, the lower one first
    uint32_t tick;
    uint32_t interface;  // by which the packet came in
    struct sluice_route route;
};

/// Of each processor; a later pair of addresses takes the place of an earlier one.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, REMEMBERED_ROUTES);
    __type(key, __u32);
    __type(value, struct remembered_route);
} sluice_routes SEC(".maps");

INLINE static uint16_t found_by(const struct sluice_packet *packet) {
    return (uint16_t)(
        (source_is_low(packet) ? FOUND_FOR_LOW_SOURCE : 0) | (packet->key.family == 6 ? FOUND_FOR_IPV6 : 0) |
        packet->key.protocol << 8);
}

INLINE static struct remembered_route *remembered_route_of(const uint64_t *addresses, uint16_t by) {
    uint64_t hash = (addresses[0] ^ addresses[1] ^ by) * 0x9E3779B97F4A7C15 ^
        (addresses[2] ^ addresses[3]) * 0xC4CEB9FE1A85EC53;
    uint32_t index = (hash ^ hash >> 32) >> 16 & (REMEMBERED_ROUTES - 1);
    return bpf_map_lookup_elem(&sluice_routes, &index);
}

/// Fills `route` as `sluice_find_route` does, with what was found earlier in this tick where it can.
__attribute__((noinline)) int sluice_recall_route(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t now, uint32_t with_source) {
    if (!packet || !route) return 0;
    const uint64_t *addresses = (const uint64_t *)&packet->key;
    uint16_t by = found_by(packet);
    struct remembered_route *known = remembered_route_of(addresses, by);
    if (!known) return 0;
    if (known->tick == now && known->interface == skb->ifindex &&
        (known->route.reserved & ~FOUND_WITH_SOURCE) == by &&
        (!with_source || known->route.reserved & FOUND_WITH_SOURCE) && packet->segmentLength <= known->route.mtu &&
        ((known->addresses[0] ^ addresses[0]) | (known->addresses[1] ^ addresses[1]) |
         (known->addresses[2] ^ addresses[2]) | (known->addresses[3] ^ addresses[3])) == 0) {
        *route = known->route;
        return 0;
    }
    sluice_find_route(skb, packet, route, with_source);
    // Only a way that the fast path goes to its end is worth remembering.
    if (route->kind != ROUTE_FORWARD || route->zone == 0) return 0;
    known->addresses[0] = addresses[0];
    known->addresses[1] = addresses[1];
    known->addresses[2] = addresses[2];
    known->addresses[3] = addresses[3];
    known->tick = now;
    known->interface = skb->ifindex;
    known->route = *route;
    known->route.reserved = by | (with_source ? FOUND_WITH_SOURCE : 0);
    return 0;
}
