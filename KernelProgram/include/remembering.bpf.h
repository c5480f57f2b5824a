// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The way of a session's packets, remembered for the rest of a tick (16.8 ms): a FIB lookup is a good part of what a packet
// costs. So a change of routes, neighbours or interfaces takes hold of every session within a tick, and whatever routing goes
// by (source, marks, several next hops) is respected, because a way is remembered for one session and one direction only.
// Include it in one C file, behind routing.bpf.h.
#pragma once

#include "routing.bpf.h"

enum { REMEMBERED_ROUTES = 1024 };

struct remembered_route {
    uint32_t session;  // as in the packet
    uint32_t direction;
    uint32_t tick;
    uint32_t generation;
    struct sluice_route route;
};

/// Of each processor, by slot and direction; a later session takes the place of an earlier one.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, REMEMBERED_ROUTES);
    __type(key, __u32);
    __type(value, struct remembered_route);
} sluice_routes SEC(".maps");

INLINE static struct remembered_route *remembered_route_of(const struct sluice_packet *packet) {
    uint32_t index = (packet->session << 1 | (packet->flags & 1)) & (REMEMBERED_ROUTES - 1);
    return bpf_map_lookup_elem(&sluice_routes, &index);
}

/// Fills `route` as it was found earlier in this tick; false where it was not, or the packet is too big for it.
INLINE static _Bool recall_route(const struct sluice_packet *packet, struct sluice_route *route, uint32_t now) {
    if (packet->session == 0) return 0;
    const struct remembered_route *known = remembered_route_of(packet);
    if (!known || known->session != packet->session || known->tick != now ||
        known->generation != packet->generation || known->direction != (packet->flags & 1) ||
        packet->segmentLength > known->route.mtu)
        return 0;
    *route = known->route;
    return 1;
}

/// Only a way that the fast path goes to its end is worth remembering.
INLINE static void remember_route(const struct sluice_packet *packet, const struct sluice_route *route, uint32_t now) {
    if (packet->session == 0 || route->kind != ROUTE_FORWARD || route->zone == 0) return;
    struct remembered_route *known = remembered_route_of(packet);
    if (!known) return;
    known->session = packet->session;
    known->direction = packet->flags & 1;
    known->tick = now;
    known->generation = packet->generation;
    known->route = *route;
}
