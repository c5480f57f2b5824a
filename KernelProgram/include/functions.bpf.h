// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The bodies of KernelFunctions.h: map elements, bytes of the packet, counters, events. Include it in one C file.
#pragma once

#include "KernelFunctions.h"
#include "maps.bpf.h"
#include "numbers.bpf.h"

#define INLINE __attribute__((always_inline))

void sluice_read_options_body(const void *options, uint32_t length, struct sluice_tcp_option_values *found);
uint32_t sluice_walk_extensions_body(const void *skb, struct sluice_extension_walk *walk);
void sluice_fill_event_body(
    const struct sluice_packet *packet, const struct sluice_route *route, const struct sluice_classification *question,
    uint64_t flow, uint32_t what, struct sluice_event *event);

// MARK: Bytes of the packet

INLINE int sluice_load_bytes(const void *skb, uint32_t offset, void *to, uint32_t count) {
    return bpf_skb_load_bytes(skb, offset, to, count);
}

INLINE uint32_t sluice_packet_length(const void *skb) { return ((const struct __sk_buff *)skb)->len; }

INLINE uint32_t sluice_segment_size(const void *skb) { return ((const struct __sk_buff *)skb)->gso_size; }

/// Reads TCP options. A separate function: only SYNs, and sessions that may be probed, pay for the loop.
__attribute__((noinline)) int sluice_read_options(
    struct __sk_buff *skb, uint32_t offset, uint32_t length, struct sluice_tcp_option_values *found) {
    struct sluice_tcp_options options = {};
    if (!found || length == 0 || length > 40) return 0;
    // Kernels before 6.8 learn nothing from `length == 0`, and reject a length that may be 0. The mask and the addition
    // of 1 show them 1 ... 64. LLVM knows the range already, and must not see that they change nothing.
    uint32_t bounded = ((uint32_t)sluice_opaque64(length - 1) & 63) + 1;
    if (bpf_skb_load_bytes(skb, offset, &options, bounded) != 0) return 0;
    sluice_read_options_body(&options, length, found);
    return 0;
}

INLINE void sluice_call_read_options(
    const void *skb, uint32_t transportOffset, uint32_t headerLength, struct sluice_tcp_option_values *found) {
    sluice_read_options((struct __sk_buff *)skb, transportOffset + 20, headerLength - 20, found);
}

/// Follows a chain of IPv6 extension headers. A separate function: few packets have any, and the loop is verified once.
__attribute__((noinline)) int sluice_walk_extensions(struct __sk_buff *skb, struct sluice_extension_walk *walk) {
    if (!walk) return 0;
    return sluice_walk_extensions_body(skb, walk);
}

INLINE int sluice_call_walk_extensions(const void *skb, struct sluice_extension_walk *walk) {
    return sluice_walk_extensions((struct __sk_buff *)skb, walk);
}

// MARK: Map elements

INLINE struct sluice_bucket *sluice_bucket_at(uint32_t index) { return bpf_map_lookup_elem(&sluice_flows, &index); }

INLINE struct sluice_session *sluice_session_at(uint32_t slot) { return bpf_map_lookup_elem(&sluice_sessions, &slot); }

INLINE uint64_t *sluice_word_at(uint32_t slot) { return bpf_map_lookup_elem(&sluice_words, &slot); }

INLINE uint64_t *sluice_free_at(uint32_t index) { return bpf_map_lookup_elem(&sluice_free, &index); }

INLINE struct sluice_slab *sluice_slab_at(uint32_t slab) { return bpf_map_lookup_elem(&sluice_slabs, &slab); }

INLINE struct sluice_instance *sluice_instance_at(uint32_t instance) {
    return bpf_map_lookup_elem(&sluice_instances, &instance);
}

INLINE struct sluice_runtime *sluice_runtime_at(void) {
    uint32_t zero = 0;
    return bpf_map_lookup_elem(&sluice_runtime, &zero);
}

INLINE uint64_t *sluice_source_at(uint32_t index) { return bpf_map_lookup_elem(&sluice_sources, &index); }

INLINE uint32_t sluice_steering_entry(uint32_t index) {
    uint32_t zero = 0;
    struct sluice_steering *table = bpf_map_lookup_elem(&sluice_steering, &zero);
    return table ? table->instance[index & (SLUICE_STEERING_ENTRIES - 1)] : 0;
}

INLINE struct sluice_fragment_value *sluice_fragment_at(const struct sluice_fragment_key *key) {
    return bpf_map_lookup_elem(&sluice_fragments, key);
}

INLINE void sluice_fragment_insert(
    const struct sluice_fragment_key *key, const struct sluice_fragment_value *value) {
    bpf_map_update_elem(&sluice_fragments, key, value, BPF_ANY);
}

INLINE struct sluice_attempt *sluice_attempt_at(const struct sluice_attempt_key *key) {
    return bpf_map_lookup_elem(&sluice_attempts, key);
}

INLINE void sluice_attempt_insert(const struct sluice_attempt_key *key, const struct sluice_attempt *value) {
    bpf_map_update_elem(&sluice_attempts, key, value, BPF_ANY);
}

INLINE struct sluice_timestamps *sluice_timestamps_at(uint32_t slot) {
    uint32_t zero = 0;
    void *table = bpf_map_lookup_elem(&sluice_timestamps, &zero);
    if (!table) return 0;
    struct sluice_timestamps *stamps = bpf_map_lookup_elem(table, &slot);
    if (stamps) return stamps;
    struct sluice_timestamps none = {};
    bpf_map_update_elem(table, &slot, &none, BPF_NOEXIST);
    return bpf_map_lookup_elem(table, &slot);
}

INLINE uint32_t sluice_on_idle(uint32_t treatment) {
    struct sluice_treatment *entry = bpf_map_lookup_elem(&sluice_treatments, &treatment);
    return entry ? entry->onIdle : 0;
}

INLINE static struct sluice_interface *interface_at(uint32_t index) {
    if (index < SLUICE_DENSE_INTERFACES) return bpf_map_lookup_elem(&sluice_interfaces, &index);
    struct sluice_interface *far = bpf_map_lookup_elem(&sluice_far_interfaces, &index);
    // If the two branches were equal to their ends, LLVM would merge their calls into one, with a pointer to either
    // map. The verifier inlines a lookup only in a map that it knows. Otherwise it is an indirect call, 16 ns per
    // packet.
    __asm__ volatile("" : "+r"(far));
    return far;
}

// MARK: Counters and events

INLINE static void add_to_counter(uint32_t counter, uint64_t amount) {
    uint64_t *value = bpf_map_lookup_elem(&sluice_counters, &counter);
    if (value) *value += amount;
}

INLINE void sluice_count(uint32_t counter) { add_to_counter(counter, 1); }

/// Counts a dropped packet, and its bytes from the link header on.
INLINE static void count_drop(const struct __sk_buff *skb, uint32_t reason) {
    reason &= SLUICE_MAX_DROP_REASONS - 1;
    sluice_count(reason);
    add_to_counter(SLUICE_DROPPED_BYTES + reason, skb->len);
}

/// Counts a forwarded packet for the slab of its session: the throughput of instances.
INLINE static void count_traffic(const struct sluice_packet *packet) {
    struct sluice_runtime *runtime = sluice_runtime_at();
    if (!runtime) return;
    uint32_t slab = packet->slot >> (runtime->slabShift & 31);
    struct sluice_traffic *traffic = bpf_map_lookup_elem(&sluice_slab_traffic, &slab);
    if (!traffic) return;
    traffic->packets += packet->wirePackets;
    traffic->bytes += packet->wireBytes;
}

/// Creates an event and sends it. A separate function, so that the event is not on the stack while rules are evaluated.
///
/// - Parameter flow: the slot and, above it, the generation of the session, if there is one.
/// - Parameter what: FlowCore.EventKind; the reason of a deny in the second byte; above it the instance whose ring
///   receives it.
__attribute__((noinline)) int sluice_emit_event(
    struct sluice_packet *packet, struct sluice_route *route, struct sluice_classification *question, uint64_t flow,
    uint32_t what) {
    struct sluice_event event = {};
    if (!packet || !route || !question) return 0;
    sluice_fill_event_body(packet, route, question, flow, what, &event);
    event.timeNanoseconds = bpf_ktime_get_ns();
    uint32_t instance = what >> 16;
    void *ring = bpf_map_lookup_elem(&sluice_events, &instance);
    if (!ring) {
        sluice_count(COUNTER_EVENTS_LOST);
        return 0;
    }
    // The reader polls. It is woken early only so that the ring does not fill up: once for each quarter of the ring. A
    // wake-up is an interrupt, and a reader that is late on a busy machine does not run earlier if every event wakes
    // it.
    uint64_t waiting = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
    uint64_t after = waiting + sizeof(event) + BPF_RINGBUF_HDR_SZ;
    uint64_t flags = waiting >> 19 != after >> 19 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
    if (bpf_ringbuf_output(ring, &event, sizeof(event), flags) != 0) sluice_count(COUNTER_EVENTS_LOST);
    return 0;
}

INLINE uint32_t sluice_may_emit_deny(uint32_t now) {
    uint32_t zero = 0;
    struct sluice_deny_budget *budget = bpf_map_lookup_elem(&sluice_deny_budgets, &zero);
    struct sluice_runtime *runtime = sluice_runtime_at();
    if (!budget || !runtime) return 0;
    if (budget->tick != now) {
        budget->tick = now;
        budget->spent = 0;
    }
    if (budget->spent >= runtime->denyEventsPerTick) {
        sluice_count(COUNTER_EVENTS_SUPPRESSED);
        return 0;
    }
    budget->spent += 1;
    return 1;
}
