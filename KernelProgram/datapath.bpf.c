// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The thin C side of the kernel program: entry points, helper calls, and the functions that the verifier checks one by
// one. Swift code decides what happens to a packet: Sources/FlowCore, and the bodies in KernelProgram/*.swift.

#include "maps.bpf.h"

#include "classify.bpf.h"
#include "functions.bpf.h"
#include "packet_watch.bpf.h"
#include "neighbours.bpf.h"
#include "routing.bpf.h"
#include "route_cache.bpf.h"

#include <linux/if_packet.h>

#include <bpf/bpf_endian.h>

// Swift bodies.
uint32_t sluice_parse_body(const void *skb, uint32_t link, uint32_t type, struct sluice_packet *packet);
uint32_t sluice_follow_session_body(struct sluice_packet *packet, uint32_t now);
void sluice_remember_fragment_body(
    const struct sluice_packet *packet, uint64_t flow, uint32_t isOriginator, uint32_t now);
uint32_t sluice_follow_fragment_body(struct sluice_packet *packet, uint32_t now);
uint32_t sluice_review_handshake_body(const struct sluice_packet *packet, uint32_t slot, uint64_t word, uint32_t now);
void sluice_note_timestamp_body(const void *skb, struct sluice_packet *packet);
uint32_t sluice_admit_body(struct sluice_packet *packet, const struct sluice_route *route, uint32_t now);
uint64_t sluice_key_hash_body(const struct sluice_session_key *key);
int32_t sluice_find_flow_body(const struct sluice_session_key *key, struct sluice_flow_value *value);
int32_t sluice_insert_flow_body(const struct sluice_session_key *key, uint64_t hash, uint32_t slot);
int32_t sluice_remove_flow_body(uint64_t hash, uint32_t slot);
int32_t sluice_take_slot_body(uint64_t hash);
int32_t sluice_take_slot_of_body(uint32_t instance);
uint32_t sluice_ask_half_open_body(const struct sluice_packet *packet, uint32_t now);
void sluice_note_half_open_began_body(uint32_t slot, uint32_t source, uint32_t now);
void sluice_note_half_open_left_body(const struct sluice_session *session, uint32_t slot, uint32_t now);
uint32_t sluice_ring_owner_body(uint64_t hash, uint32_t slot, uint32_t kind);
_Bool sluice_begins_session_body(const struct sluice_packet *packet);
uint32_t sluice_answer_reset_body(const struct sluice_packet *packet, void *memory, uint32_t partial);
_Bool sluice_needs_slow_path_body(const struct sluice_packet *packet, const struct sluice_route *route);
void sluice_rewrite_ipv4_body(void *frame, const struct sluice_route *route);
void sluice_rewrite_ipv6_body(void *frame, const struct sluice_route *route);

#define VERDICT(action, reason) ((uint32_t)(action) | (uint32_t)(reason) << 8)

// MARK: The steps, verified one by one

__attribute__((noinline)) uint64_t sluice_key_hash(const struct sluice_session_key *key) {
    if (!key) return 0;
    return sluice_key_hash_body(key);
}

__attribute__((noinline)) int sluice_find_flow(const struct sluice_session_key *key, struct sluice_flow_value *value) {
    if (!key || !value) return -1;
    return sluice_find_flow_body(key, value);
}

__attribute__((noinline)) int sluice_insert_flow(const struct sluice_session_key *key, uint64_t hash, uint32_t slot) {
    if (!key) return -1;
    return sluice_insert_flow_body(key, hash, slot);
}

__attribute__((noinline)) int sluice_remove_flow(uint64_t hash, uint32_t slot) {
    return sluice_remove_flow_body(hash, slot);
}

__attribute__((noinline)) int sluice_take_slot_of(uint32_t instance) { return sluice_take_slot_of_body(instance); }

__attribute__((noinline)) int sluice_take_slot(uint64_t hash) { return sluice_take_slot_body(hash); }

/// FlowCore.HalfOpenSessions.Answer
__attribute__((noinline)) int sluice_ask_half_open(const struct sluice_packet *packet, uint32_t now) {
    if (!packet) return REASON_UNSUPPORTED;
    return sluice_ask_half_open_body(packet, now);
}

__attribute__((noinline)) int sluice_note_half_open_began(uint32_t slot, uint32_t source, uint32_t now) {
    sluice_note_half_open_began_body(slot, source, now);
    return 0;
}

__attribute__((noinline)) int sluice_note_half_open_left(const struct sluice_session *session, uint32_t slot, uint32_t now) {
    if (!session) return -1;
    sluice_note_half_open_left_body(session, slot, now);
    return 0;
}

/// The instance whose ring receives the event of a session in a slot, or (EventKind.deny) of a session that is denied.
__attribute__((noinline)) int sluice_ring_owner(uint64_t hash, uint32_t slot, uint32_t kind) {
    return sluice_ring_owner_body(hash, slot, kind);
}

__attribute__((noinline)) int sluice_parse(struct __sk_buff *skb, struct sluice_packet *packet, uint32_t link) {
    if (!packet) return VERDICT(ACTION_DROP, REASON_MALFORMED);
    return sluice_parse_body(skb, link, bpf_ntohs(skb->protocol), packet);
}

__attribute__((noinline)) int sluice_remember_fragment(
    struct sluice_packet *packet, uint64_t flow, uint32_t isOriginator, uint32_t now) {
    if (!packet) return 0;
    sluice_remember_fragment_body(packet, flow, isOriginator, now);
    return 0;
}

__attribute__((noinline)) int sluice_follow_fragment(struct sluice_packet *packet, uint32_t now) {
    if (!packet) return VERDICT(ACTION_DROP, REASON_MALFORMED);
    return sluice_follow_fragment_body(packet, now);
}

__attribute__((noinline)) int sluice_follow_session(struct sluice_packet *packet, uint32_t now) {
    if (!packet) return VERDICT(ACTION_DROP, REASON_MALFORMED);
    return sluice_follow_session_body(packet, now);
}

__attribute__((noinline)) int sluice_review_handshake(
    struct sluice_packet *packet, uint32_t slot, uint64_t word, uint32_t now) {
    if (!packet) return 0;
    return sluice_review_handshake_body(packet, slot, word, now);
}

__attribute__((noinline)) int sluice_note_timestamp(struct __sk_buff *skb, struct sluice_packet *packet) {
    if (!packet) return 0;
    sluice_note_timestamp_body(skb, packet);
    return 0;
}

__attribute__((noinline)) int sluice_admit(struct sluice_packet *packet, struct sluice_route *route, uint32_t now) {
    if (!packet || !route) return VERDICT(ACTION_DROP, REASON_MALFORMED);
    return sluice_admit_body(packet, route, now);
}

// MARK: Carrying verdicts out

INLINE static int drop(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t reason) {
    return sluice_drop(skb, packet, route, VERDICT(ACTION_DROP, reason));
}

/// Passes an allowed packet to the kernel's own forwarding. The guard recognises it by the destination in its link
/// header, which is no longer needed once the packet is received. No other rule reads or writes it there. No frame from
/// outside can have this destination, because the kernel drops frames for another address. `link`: bytes of that
/// header. A packet without one receives one, and the kernel still treats it as plain IP.
__attribute__((noinline)) int sluice_leave_to_kernel(struct __sk_buff *skb, uint32_t link) {
    uint8_t stamp[6] = SLUICE_ALLOWED_STAMP;
    sluice_count(COUNTER_SLOW_PATH);
    if (link == 0 && bpf_skb_change_head(skb, 14, 0) != 0) return TC_ACT_SHOT;
    return bpf_skb_store_bytes(skb, 0, stamp, sizeof(stamp), 0) == 0 ? TC_ACT_OK : TC_ACT_SHOT;
}

/// For the gateway itself: passed to its stack, if the host rules allow it.
INLINE static int hand_to_host(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t now) {
    uint32_t verdict = sluice_admit(packet, route, now);
    if ((verdict & 0xFF) != ACTION_HOST) return drop(skb, packet, route, verdict >> 8);
    show_packet(skb, packet, route, ACTION_HOST);
    sluice_count(COUNTER_HOST);
    return TC_ACT_OK;
}

INLINE static int forward(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t now) {
    // The first packet of a session has its route from the admission. With a million sessions in random order, hardly
    // one has a second packet within a tick. So if both addresses matter, the cache is not searched for those.
    if (route->kind == 0) {
        if (packet->flags & FLAG_FOLLOWS_CLOSELY || routes_by_destination(now))
            sluice_recall_route(skb, packet, route, now, ROUTE_TO_DESTINATION);
        else
            sluice_find_route(skb, packet, route, now);
    }
    // An address of the session now belongs to the gateway itself. The session was allowed to another host, not to this
    // one.
    if (route->kind == ROUTE_HOST) return hand_to_host(skb, packet, route, now);
    // The kernel's own forwarding reports it to the sender. If the kernel finds a route that the lookup did not find,
    // the guard drops the packet.
    if (route->kind == ROUTE_UNREACHABLE) {
        show_packet(skb, packet, route, ACTION_UNROUTABLE);
        return TC_ACT_OK;
    }
    if (route->zone == 0) return drop(skb, packet, route, REASON_NO_ROUTE);
    // The zones of a session are part of what was allowed. A route that now leads to another zone was not (NSG-4).
    if (route->zone != packet->peerZone) return drop(skb, packet, route, REASON_WRONG_ZONE);
    if (sluice_needs_slow_path_body(packet, route) || packet->networkOffset != 14) {
        show_packet(skb, packet, route, ACTION_FORWARD | SHOWN_SLOW_PATH);
        return sluice_leave_to_kernel(skb, packet->networkOffset);
    }
    show_packet(skb, packet, route, ACTION_FORWARD);
    uint32_t direction = packet->isAnswer ? COUNTERS_TO_SOURCE : 0;
    add_to_counter(COUNTER_FORWARDED_PACKETS + direction, packet->wirePackets);
    add_to_counter(COUNTER_FORWARDED_BYTES + direction, packet->wireBytes);
    void *data = (void *)(long)skb->data;
    void *end = (void *)(long)skb->data_end;
    if (data + 54 > end) {
        if (bpf_skb_pull_data(skb, skb->len < 54 ? skb->len : 54) != 0) return drop(skb, packet, route, REASON_MALFORMED);
        data = (void *)(long)skb->data;
        end = (void *)(long)skb->data_end;
    }
    if (packet->key.family == 4) {
        if (data + 34 > end) return drop(skb, packet, route, REASON_MALFORMED);
        sluice_rewrite_ipv4_body(data, route);
    } else {
        if (data + 54 > end) return drop(skb, packet, route, REASON_MALFORMED);
        sluice_rewrite_ipv6_body(data, route);
        // If the interface supplied a sum over the whole packet, it must reflect the decremented TTL or hop limit.
        bpf_csum_update(skb, bpf_htons(0xFFFE));
    }
    if (route->delivery == DELIVER_BY_NEIGHBOUR) return sluice_deliver_by_neighbour(skb, packet);
    // Directly into the other end of a veth pair: no transmit queue, no second soft interrupt.
    return route->delivery == DELIVER_TO_PEER ? bpf_redirect_peer(route->interfaceIndex, 0)
                                              : bpf_redirect(route->interfaceIndex, 0);
}

/// Turns a packet into the RST that answers it, and sends it back through the interface where it came in.
__attribute__((noinline)) int sluice_answer_reset(struct __sk_buff *skb, struct sluice_packet *packet) {
    struct {
        uint8_t link[14];
        uint8_t padding[2];
        uint8_t segment[64];
    } frame = {};
    if (!packet) return TC_ACT_SHOT;
    uint32_t link = packet->networkOffset;
    uint32_t header = packet->key.family == 4 ? 20 : 40;
    if ((link != 0 && link != 14) || packet->transportOffset != link + header) return TC_ACT_SHOT;
    uint32_t checksum = packet->transportOffset + 16;

    // Replacing bytes shows whether the interface must still complete the checksum (CHECKSUM_PARTIAL): only a finished
    // sum changes.
    uint16_t before = 0, after = 0;
    bpf_skb_load_bytes(skb, checksum, &before, 2);
    if (bpf_l4_csum_replace(skb, checksum, 0, bpf_htons(1), 2) != 0) return TC_ACT_SHOT;
    bpf_skb_load_bytes(skb, checksum, &after, 2);

    sluice_answer_reset_body(packet, frame.segment, before == after);
    if (bpf_skb_change_tail(skb, link + header + 20, 0) != 0) return TC_ACT_SHOT;
    if (link == 14) {
        uint8_t old[12];
        if (bpf_skb_load_bytes(skb, 0, old, 12) != 0) return TC_ACT_SHOT;
        __builtin_memcpy(frame.link, old + 6, 6);
        __builtin_memcpy(frame.link + 6, old, 6);
        if (bpf_skb_store_bytes(skb, 0, frame.link, 12, 0) != 0) return TC_ACT_SHOT;
    }
    long stored = header == 20
        ? bpf_skb_store_bytes(skb, link, frame.segment, 40, BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH)
        : bpf_skb_store_bytes(skb, link, frame.segment, 60, BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH);
    if (stored != 0) return TC_ACT_SHOT;
    sluice_count(COUNTER_RESETS_ANSWERED);
    return bpf_redirect(skb->ifindex, 0);
}

// MARK: Entry points

/// The datapath: processes every packet that comes in by a zone interface.
SEC("tc")
int sluice_ingress(struct __sk_buff *skb) {
    struct sluice_packet packet = {};
    struct sluice_route route = {};
    struct sluice_interface *in = interface_at(skb->ifindex);
    if (!in || in->zone == 0) return drop(skb, &packet, &route, REASON_NO_ROUTE);
    // A packet of another VLAN belongs to no zone by this interface. The interface of that VLAN receives it next, or
    // nobody. A tag of VLAN 0 has only a priority (IEEE 802.1Q, 9.6).
    if (skb->vlan_present && ((skb->vlan_tci & 0xFFF) != 0 || bpf_skb_vlan_pop(skb) != 0 || skb->vlan_present))
        return TC_ACT_OK;
    // For another host, seen in promiscuous mode: the kernel ignores it.
    if (skb->pkt_type == PACKET_OTHERHOST) return TC_ACT_OK;
    packet.zone = in->zone;
    uint32_t verdict = sluice_parse(skb, &packet, in->linkHeaderLength);
    uint32_t now = bpf_ktime_get_ns() >> SLUICE_TICK_SHIFT;
    if ((verdict & 0xFF) == ACTION_PARSED) {
        // A link-layer broadcast or multicast is for this host, and is not forwarded (RFC 1812, 5.3.4).
        verdict = skb->pkt_type == PACKET_HOST ? (uint32_t)sluice_follow_session(&packet, now) : ACTION_NO_SESSION_YET;
        if ((verdict & 0xFF) == ACTION_NO_SESSION_YET) {
            if (skb->pkt_type != PACKET_HOST) {
                route.kind = ROUTE_HOST;
            } else {
                sluice_recall_route(skb, &packet, &route, now, ROUTE_TO_DESTINATION);
                if (route.kind != ROUTE_HOST && sluice_begins_session_body(&packet))
                    sluice_recall_route(skb, &packet, &route, now, ROUTE_TO_SOURCE);
            }
            verdict = sluice_admit(&packet, &route, now);
        }
    }
    switch (verdict & 0xFF) {
    case ACTION_FORWARD:
        if (packet.flags & FLAG_KEEPS_TIMESTAMPS) sluice_note_timestamp(skb, &packet);
        count_traffic(&packet);
        return forward(skb, &packet, &route, now);
    case ACTION_ANSWER_RESET:
        sluice_drop(skb, &packet, &route, verdict);
        return sluice_answer_reset(skb, &packet);
    case ACTION_HOST:
        show_packet(skb, &packet, &route, ACTION_HOST);
        sluice_count(COUNTER_HOST);
        return TC_ACT_OK;
    case ACTION_UNROUTABLE:
        show_packet(skb, &packet, &route, ACTION_UNROUTABLE);
        return TC_ACT_OK;
    default:
        return drop(skb, &packet, &route, verdict >> 8);
    }
}

/// Sends a segment that a process has created and passes here (BPF_PROG_TEST_RUN). It is forwarded as a packet that
/// came in by the context's interface: routing rules may depend on that interface, so a socket's own route may differ.
/// Returns 1 when it is sent; 0 if it can't be sent like this.
SEC("tc")
int sluice_send(struct __sk_buff *skb) {
    struct sluice_packet packet = {};
    struct sluice_route route = {};
    struct sluice_interface *in = interface_at(skb->ifindex);
    if (!in || in->zone == 0) return 0;
    uint32_t verdict = sluice_parse(skb, &packet, 14);
    if ((verdict & 0xFF) != ACTION_PARSED) return 0;
    sluice_find_route(skb, &packet, &route, bpf_ktime_get_ns() >> SLUICE_TICK_SHIFT);
    if (route.kind != ROUTE_FORWARD || route.zone == 0) return 0;
    // Only through the interface of its source's route: an end's answer would come back there.
    sluice_find_source_zone(skb, &packet, &route);
    if (route.sourceZone != in->zone) return 0;
    // Without an MTU the neighbour is unknown: a socket then resolves it.
    if (route.mtu == 0) return 0;
    if (bpf_skb_store_bytes(skb, 0, route.destinationMac, 6, 0) != 0) return 0;
    if (bpf_skb_store_bytes(skb, 6, route.sourceMac, 6, 0) != 0) return 0;
    return bpf_clone_redirect(skb, route.interfaceIndex, 0) == 0;
}

/// The same judgement for tests, with the zone, route and time that the test gives. Nothing is sent, the verdict is
/// returned. cb[0]: zone, route kind, its zone, its source zone, a byte each; cb[1]: tick.
SEC("tc")
int sluice_judge_test(struct __sk_buff *skb) {
    struct sluice_packet packet = {};
    struct sluice_route route = {};
    uint32_t setting = skb->cb[0];
    uint32_t now = skb->cb[1];
    packet.zone = setting;
    route.kind = setting >> 8;
    route.zone = setting >> 16;
    route.sourceZone = setting >> 24;
    uint32_t verdict = sluice_parse(skb, &packet, 14);
    if ((verdict & 0xFF) == ACTION_PARSED) {
        verdict = sluice_follow_session(&packet, now);
        if (packet.flags & FLAG_KEEPS_TIMESTAMPS) sluice_note_timestamp(skb, &packet);
        if ((verdict & 0xFF) == ACTION_NO_SESSION_YET) verdict = sluice_admit(&packet, &route, now);
    }
    return verdict;
}

char sluice_license[] SEC("license") = "Dual BSD/GPL";
