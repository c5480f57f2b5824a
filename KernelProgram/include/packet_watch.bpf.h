// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Shows packets to an operator (`sluice drop watch`, `sluice capture`). While somebody watches, a copy of a packet's
// headers and its verdict is written to a ring. While nobody does, the cost is one comparison. Nothing here changes a
// packet or its verdict, and nothing waits: what exceeds the budget of the tick or the ring is omitted, and counted.
// Include it in one C file.
#pragma once

#include "functions.bpf.h"

#include <linux/pkt_cls.h>

/// In the third byte of `what`: the packet is passed to the kernel's own forwarding.
enum { SHOWN_SLOW_PATH = 1 << 16 };

INLINE static _Bool holds(const struct sluice_address_range *range, const struct sluice_address *address) {
    return (((range->address.high ^ address->high) & range->mask.high) | ((range->address.low ^ address->low) & range->mask.low)) == 0;
}

INLINE static _Bool holds_an_end(const struct sluice_address_range *range, const struct sluice_session_key *key) {
    return holds(range, &key->lowAddress) || holds(range, &key->highAddress);
}

/// Whether the packet may match the filter of the watching process.
INLINE static _Bool is_wanted(const struct sluice_watch *watch, const struct sluice_packet *packet, uint32_t what) {
    uint32_t action = what & 0xFF;
    uint32_t reason = what >> 8 & 0xFF;
    _Bool is_drop = action == ACTION_DROP || action == ACTION_ANSWER_RESET;
    if (is_drop && (watch->reasons >> (reason & 63) & 1) == 0) return 0;
    if (watch->zone != 0 && watch->zone != packet->zone) return 0;
    // A packet that was not parsed to its end has no 5-tuple, and an ICMP error has that of the quoted packet.
    if (packet->key.family == 0 || packet->kind == KIND_ICMP_ERROR) return 1;
    if (is_drop && reason <= REASON_UNSUPPORTED) return 1;
    const struct sluice_session_key *key = &packet->key;
    if (watch->protocol != 0 && watch->protocol != key->protocol) return 0;
    if (watch->port != 0 && watch->port != key->lowPort && watch->port != key->highPort) return 0;
    return holds_an_end(&watch->ranges[0], key) && holds_an_end(&watch->ranges[1], key);
}

INLINE static _Bool is_same_key(const struct sluice_session_key *one, const struct sluice_session_key *other) {
    const uint64_t *left = (const void *)one, *right = (const void *)other;
    return ((left[0] ^ right[0]) | (left[1] ^ right[1]) | (left[2] ^ right[2]) | (left[3] ^ right[3]) | (left[4] ^ right[4])) == 0;
}

/// Records which session a packet belongs to. For a dropped packet, the key decides whether it has one: its slot may be
/// an unset 0.
INLINE static void show_session(struct sluice_watched_packet *watched, const struct sluice_packet *packet, uint32_t action) {
    uint64_t *word = sluice_word_at(packet->slot);
    struct sluice_session *session = sluice_session_at(packet->slot);
    if (!word || !session) return;
    uint64_t control = *(volatile uint64_t *)word;
    // FlowCore.SessionState: from synSent to resetting.
    uint32_t state = control >> 32 & 0xF;
    if (action != ACTION_FORWARD && (state == 0 || state > 6 || !is_same_key(&session->key, &packet->key))) return;
    watched->hasSession = 1;
    watched->slot = packet->slot;
    watched->generation = control >> 48;
    watched->rule = session->rule;
}

/// Shows a packet to the watching process. Call it before the packet is changed.
///
/// - Parameter what: action, reason in the second byte, SHOWN_SLOW_PATH.
__attribute__((noinline)) int sluice_show_packet(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t what) {
    uint32_t zero = 0;
    uint32_t action = what & 0xFF;
    if (!packet || !route) return 0;
    struct sluice_runtime *runtime = sluice_runtime_at();
    struct sluice_watch *watch = bpf_map_lookup_elem(&sluice_watch, &zero);
    struct sluice_watch_budget *budget = bpf_map_lookup_elem(&sluice_watch_budgets, &zero);
    if (!runtime || !watch || !budget) return 0;
    uint64_t time = bpf_ktime_get_ns();
    uint32_t now = time >> SLUICE_TICK_SHIFT;
    // The watching process may have ended.
    uint32_t end = action == ACTION_DROP || action == ACTION_ANSWER_RESET ? runtime->dropWatchEnd : runtime->packetWatchEnd;
    if ((int32_t)(end - now) <= 0 || !is_wanted(watch, packet, what)) return 0;
    if (budget->tick != now) {
        budget->tick = now;
        budget->spent = 0;
    }
    if (budget->spent >= watch->recordsPerTick) {
        budget->omitted += 1;
        return 0;
    }
    budget->spent += 1;
    void *ring = bpf_map_lookup_elem(&sluice_watched, &zero);
    if (!ring) return 0;
    struct sluice_watched_packet *watched = bpf_ringbuf_reserve(ring, sizeof(*watched), 0);
    if (!watched) {
        budget->omitted += 1;
        return 0;
    }
    watched->timeNanoseconds = time;
    watched->interfaceIndex = skb->ifindex;
    watched->length = skb->len;
    watched->slot = 0;
    watched->policyGeneration = runtime->policyGeneration;
    watched->generation = 0;
    watched->rule = 0;
    watched->action = action;
    watched->reason = what >> 8;
    watched->hasSession = 0;
    watched->sourceZone = packet->zone;
    watched->destinationZone = route->zone != 0 ? route->zone : packet->peerZone;
    watched->forHost = route->kind == ROUTE_HOST;
    watched->slowly = what >> 16 & 1;
    struct sluice_interface *in = interface_at(skb->ifindex);
    watched->linkHeaderLength = in ? in->linkHeaderLength : 14;
    show_session(watched, packet, action);
    // For the verifier, as in sluice_read_options: 1 ... 128.
    uint32_t length = skb->len < SLUICE_WATCHED_BYTES ? skb->len : SLUICE_WATCHED_BYTES;
    uint32_t bounded = ((uint32_t)sluice_opaque64(length - 1) & (SLUICE_WATCHED_BYTES - 1)) + 1;
    watched->copied = bpf_skb_load_bytes(skb, 0, watched->bytes, bounded) == 0 ? bounded : 0;
    // The reader polls: no packet pays for a wake-up.
    bpf_ringbuf_submit(watched, BPF_RB_NO_WAKEUP);
    return 0;
}

/// Shows a packet that is not dropped.
INLINE static void show_packet(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t what) {
    struct sluice_runtime *runtime = sluice_runtime_at();
    if (runtime && runtime->packetWatchEnd != 0) sluice_show_packet(skb, packet, route, what);
}

/// Counts a packet that is dropped, or answered with a RST.
///
/// - Parameter what: as for `sluice_show_packet`.
__attribute__((noinline)) int sluice_drop(
    struct __sk_buff *skb, struct sluice_packet *packet, struct sluice_route *route, uint32_t what) {
    if (!packet || !route) return TC_ACT_SHOT;
    count_drop(skb, what >> 8);
    struct sluice_runtime *runtime = sluice_runtime_at();
    if (runtime && runtime->dropWatchEnd != 0) sluice_show_packet(skb, packet, route, what);
    return TC_ACT_SHOT;
}
