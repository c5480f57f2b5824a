// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Where a packet would go, by the kernel's own routing tables. Include it in one C file.
#pragma once

#include "neighbours.bpf.h"

#include <bpf/bpf_endian.h>

INLINE static void fill_addresses(
    struct bpf_fib_lookup *lookup, const struct sluice_packet *packet, _Bool low_is_source) {
    const struct sluice_address *source = low_is_source ? &packet->key.lowAddress : &packet->key.highAddress;
    const struct sluice_address *destination = low_is_source ? &packet->key.highAddress : &packet->key.lowAddress;
    if (packet->key.family == 4) {
        lookup->family = AF_INET;
        lookup->ipv4_src = bpf_htonl((uint32_t)source->low);
        lookup->ipv4_dst = bpf_htonl((uint32_t)destination->low);
    } else {
        lookup->family = AF_INET6;
        lookup->ipv6_src[0] = bpf_htonl(source->high >> 32);
        lookup->ipv6_src[1] = bpf_htonl((uint32_t)source->high);
        lookup->ipv6_src[2] = bpf_htonl(source->low >> 32);
        lookup->ipv6_src[3] = bpf_htonl((uint32_t)source->low);
        lookup->ipv6_dst[0] = bpf_htonl(destination->high >> 32);
        lookup->ipv6_dst[1] = bpf_htonl((uint32_t)destination->high);
        lookup->ipv6_dst[2] = bpf_htonl(destination->low >> 32);
        lookup->ipv6_dst[3] = bpf_htonl((uint32_t)destination->low);
    }
}

/// Whether the packet goes from the key's lower address to the higher one. An ICMP error travels against the packet it quotes.
INLINE static _Bool source_is_low(const struct sluice_packet *packet) {
    _Bool is_low = packet->flags & 1;
    return packet->kind == 5 ? !is_low : is_low;
}

/// Fills `route` with the route to the packet's destination.
__attribute__((noinline)) int sluice_find_route(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t now) {
    struct bpf_fib_lookup lookup = {};
    if (!packet || !route) return 0;
    fill_addresses(&lookup, packet, source_is_low(packet));
    lookup.ifindex = skb->ifindex;
    lookup.l4_protocol = packet->key.protocol;
    lookup.tot_len = packet->segmentLength > 65535 ? 65535 : packet->segmentLength;
    long found = bpf_fib_lookup(skb, &lookup, sizeof(lookup), 0);
    if (found == BPF_FIB_LKUP_RET_FRAG_NEEDED) {
        // Too big: the kernel's own forwarding fragments it, or reports the MTU to its sender. A lookup returns the
        // interface only without a length.
        lookup.ifindex = skb->ifindex;
        lookup.tot_len = 0;
        found = bpf_fib_lookup(skb, &lookup, sizeof(lookup), 0);
        if (found == BPF_FIB_LKUP_RET_SUCCESS) found = BPF_FIB_LKUP_RET_FRAG_NEEDED;
    }
    switch (found) {
    case BPF_FIB_LKUP_RET_SUCCESS:
        route->kind = ROUTE_FORWARD;
        __builtin_memcpy(route->destinationMac, lookup.dmac, 6);
        __builtin_memcpy(route->sourceMac, lookup.smac, 6);
        route->mtu = lookup.mtu_result;
        if (is_to_be_asked(&lookup, now, 0)) route->delivery = DELIVER_BY_NEIGHBOUR;
        break;
    case BPF_FIB_LKUP_RET_NO_NEIGH:
        // The first packet makes the kernel resolve the neighbour, even if rules of others affect the kernel's own
        // forwarding. Later packets use that forwarding, so that it reports an unreachable host to their sender.
        route->kind = is_to_be_asked(&lookup, now, 1) ? ROUTE_FORWARD : ROUTE_FORWARD_SLOWLY;
        route->delivery = DELIVER_BY_NEIGHBOUR;
        break;
    case BPF_FIB_LKUP_RET_FRAG_NEEDED:
        route->kind = ROUTE_FORWARD_SLOWLY;
        break;
    case BPF_FIB_LKUP_RET_NOT_FWDED:
        route->kind = ROUTE_HOST;
        return 0;
    default:
        route->kind = ROUTE_UNREACHABLE;
        break;
    }
    if (route->kind != ROUTE_UNREACHABLE) {
        route->interfaceIndex = lookup.ifindex;
        struct sluice_interface *out = interface_at(lookup.ifindex);
        if (out) {
            route->zone = out->zone;
            if (route->delivery == DELIVER_DIRECTLY && out->handsToPeer) route->delivery = DELIVER_TO_PEER;
            if (out->linkHeaderLength != 14) route->kind = ROUTE_FORWARD_SLOWLY;
        }
        struct sluice_runtime *runtime = sluice_runtime_at();
        if (!runtime || runtime->leavesToKernel) route->kind = ROUTE_FORWARD_SLOWLY;
    }
    return 0;
}

/// Fills in the zone of the route back to the packet's source.
__attribute__((noinline)) int sluice_find_source_zone(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route) {
    struct bpf_fib_lookup lookup = {};
    if (!packet || !route) return 0;
    route->sourceZone = 0;
    fill_addresses(&lookup, packet, !source_is_low(packet));
    // As the kernel's own check does (fib_validate_source): an answer would come in by the outgoing interface. Routing
    // rules may depend on it.
    lookup.ifindex = route->interfaceIndex ? route->interfaceIndex : skb->ifindex;
    lookup.l4_protocol = packet->key.protocol;
    // Only the interface is needed, so the neighbour need not be looked up. Kernels before Linux 6.3 can't skip it.
    long found = bpf_fib_lookup(skb, &lookup, sizeof(lookup), FIB_LOOKUP_SKIP_NEIGH);
    if (found == -EINVAL) found = bpf_fib_lookup(skb, &lookup, sizeof(lookup), 0);
    if (found != BPF_FIB_LKUP_RET_SUCCESS && found != BPF_FIB_LKUP_RET_NO_NEIGH) return 0;
    struct sluice_interface *back = interface_at(lookup.ifindex);
    if (back) route->sourceZone = back->zone;
    return 0;
}

/// Sends a packet whose TTL is already decremented to its next hop through the kernel's neighbour table. The kernel
/// resolves a neighbour that is unknown, and verifies one that has not answered for some time.
__attribute__((noinline)) int sluice_deliver_by_neighbour(struct __sk_buff *skb, struct sluice_packet *packet) {
    struct bpf_fib_lookup lookup = {};
    struct bpf_redir_neigh next = {};
    if (!packet) return TC_ACT_SHOT;
    fill_addresses(&lookup, packet, source_is_low(packet));
    lookup.ifindex = skb->ifindex;
    lookup.l4_protocol = packet->key.protocol;
    long found = bpf_fib_lookup(skb, &lookup, sizeof(lookup), FIB_LOOKUP_SKIP_NEIGH);
    if (found == -EINVAL) found = bpf_fib_lookup(skb, &lookup, sizeof(lookup), 0);
    if (found != BPF_FIB_LKUP_RET_SUCCESS && found != BPF_FIB_LKUP_RET_NO_NEIGH) return TC_ACT_SHOT;
    next.nh_family = lookup.family;
    if (lookup.family == AF_INET)
        next.ipv4_nh = lookup.ipv4_dst;
    else
        __builtin_memcpy(next.ipv6_nh, lookup.ipv6_dst, sizeof(next.ipv6_nh));
    return bpf_redirect_neigh(lookup.ifindex, &next, sizeof(next), 0);
}
