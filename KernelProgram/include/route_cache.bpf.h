// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The next-hop cache. The result of a FIB lookup is used again for the rest of a tick (16.8 ms), because lookups are a
// large part of a packet's cost. A change of routes, neighbours or interfaces takes effect within a tick. The key is
// everything that routing depends on: the incoming interface, both addresses, and the protocol. While the controller
// reports that nothing else matters (Gateway.SourceRouting), the key is the interface and the destination address.
// Include it in one C file, after routing.bpf.h.
#pragma once

#include "routing.bpf.h"

enum { CACHED_ROUTES = 256 };

/// The purpose of a lookup.
enum { ROUTE_TO_DESTINATION = 1, ROUTE_TO_SOURCE = 2 };

/// What a cached route depends on, in the route's reserved bits; the protocol is above them.
enum { FOUND_FOR_LOW_SOURCE = 1, FOUND_FOR_IPV6 = 2, FOUND_FOR_SOURCE = 4, FOUND_BY_DESTINATION = 8 };

/// The key of a cached route.
struct route_key {
    uint64_t addresses[4];  // of the session's key, the lower one first; or only the destination
    uint32_t interface;  // where the packet came in; or where its answer would come in
    uint32_t by;
};

/// A cache line.
struct cached_route {
    uint64_t addresses[4];
    uint32_t tick;
    uint32_t interface;
    struct sluice_route route;
};

/// A route is cached on its second lookup within a tick. With many addresses that are seldom used twice, caching each
/// route would only displace other data from the processor's caches.
struct route_cache {
    /// The last lookup for each entry: bits of its hash and tick. The lowest bit is set if the route is cached.
    uint32_t seen[CACHED_ROUTES];
    struct cached_route routes[CACHED_ROUTES];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct route_cache);
} sluice_routes SEC(".maps");

/// Whether the route to an address is the same for all packets that come in by the same interface.
INLINE static _Bool routes_by_destination(uint32_t now) {
    struct sluice_runtime *runtime = sluice_runtime_at();
    return runtime && runtime->destinationRoutingEnd != 0 && (int32_t)(runtime->destinationRoutingEnd - now) > 0;
}

INLINE static void fill_route_key(
    struct route_key *key, uint32_t interface, const struct sluice_packet *packet, uint32_t now, uint32_t purpose) {
    _Bool low_is_source = source_is_low(packet);
    key->interface = interface;
    key->by = (packet->key.family == 6 ? FOUND_FOR_IPV6 : 0) | (purpose == ROUTE_TO_SOURCE ? FOUND_FOR_SOURCE : 0);
    if (routes_by_destination(now)) {
        const struct sluice_address *target =
            low_is_source == (purpose == ROUTE_TO_SOURCE) ? &packet->key.lowAddress : &packet->key.highAddress;
        key->by |= FOUND_BY_DESTINATION;
        key->addresses[0] = target->high;
        key->addresses[1] = target->low;
        key->addresses[2] = 0;
        key->addresses[3] = 0;
    } else {
        key->by |= (low_is_source ? FOUND_FOR_LOW_SOURCE : 0) | (uint32_t)packet->key.protocol << 8;
        __builtin_memcpy(key->addresses, &packet->key, sizeof(key->addresses));
    }
}

INLINE static _Bool is_same(const uint64_t *a, const uint64_t *b) {
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

/// Fills `route` as `sluice_find_route` or `sluice_find_source_zone` does, from the cache if possible.
__attribute__((noinline)) int sluice_recall_route(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t now, uint32_t purpose) {
    uint32_t zero = 0;
    struct route_key key;
    struct route_cache *memory = bpf_map_lookup_elem(&sluice_routes, &zero);
    if (!memory || !packet || !route) return 0;
    // The route to a source is looked up for the interface where the answer would come in.
    fill_route_key(
        &key, purpose == ROUTE_TO_SOURCE && route->interfaceIndex ? route->interfaceIndex : skb->ifindex, packet, now, purpose);
    uint64_t hash = (key.addresses[0] ^ key.addresses[1] ^ key.by) * 0x9E3779B97F4A7C15 ^
        (key.addresses[2] ^ key.addresses[3]) * 0xC4CEB9FE1A85EC53;
    uint32_t place = hash >> 56 & (CACHED_ROUTES - 1);
    uint32_t mine = ((uint32_t)(hash >> 24) ^ now * 0x9E3779B1) & ~1;
    uint32_t seen = memory->seen[place];
    struct cached_route *known = &memory->routes[place];
    if (seen == (mine | 1) && known->tick == now && known->interface == key.interface &&
        known->route.reserved == key.by && is_same(known->addresses, key.addresses)) {
        if (purpose == ROUTE_TO_SOURCE) {
            route->sourceZone = known->route.sourceZone;
            return 0;
        }
        if (packet->segmentLength <= known->route.mtu) {
            *route = known->route;
            return 0;
        }
    }
    if (purpose == ROUTE_TO_SOURCE)
        sluice_find_source_zone(skb, packet, route);
    else
        sluice_find_route(skb, packet, route, now);
    if ((seen & ~1) != mine) {
        memory->seen[place] = mine;
        return 0;
    }
    // Only a route that the fast path can use completely is worth caching.
    if (purpose == ROUTE_TO_SOURCE ? route->sourceZone == 0
                                 : route->kind != ROUTE_FORWARD || route->zone == 0 || route->delivery == DELIVER_BY_NEIGHBOUR)
        return 0;
    __builtin_memcpy(known->addresses, key.addresses, sizeof(known->addresses));
    known->tick = now;
    known->interface = key.interface;
    known->route = *route;
    known->route.reserved = key.by;
    memory->seen[place] = mine | 1;
    return 0;
}
