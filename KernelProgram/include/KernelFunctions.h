// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the Swift side of the kernel program needs from the C side: map elements, helpers, bytes of the packet. The
// bodies are in datapath.bpf.c and are inlined when both sides are linked.
#pragma once

#include "FlowLayout.h"
#include "Packet.h"

#define SLUICE_NULLABLE _Nullable

int sluice_load_bytes(const void *_Nonnull skb, uint32_t offset, void *_Nonnull to, uint32_t count);
uint32_t sluice_packet_length(const void *_Nonnull skb);
uint32_t sluice_segment_size(const void *_Nonnull skb);
int sluice_call_walk_extensions(const void *_Nonnull skb, struct sluice_extension_walk *_Nonnull walk);
void sluice_call_read_options(
    const void *_Nonnull skb, uint32_t transportOffset, uint32_t headerLength, struct sluice_tcp_option_values *_Nonnull found);

struct sluice_bucket *SLUICE_NULLABLE sluice_bucket_at(uint32_t index);
struct sluice_session *SLUICE_NULLABLE sluice_session_at(uint32_t slot);
uint64_t *SLUICE_NULLABLE sluice_word_at(uint32_t slot);
uint64_t *SLUICE_NULLABLE sluice_free_at(uint32_t index);
struct sluice_slab *SLUICE_NULLABLE sluice_slab_at(uint32_t slab);
struct sluice_instance *SLUICE_NULLABLE sluice_instance_at(uint32_t instance);
struct sluice_runtime *SLUICE_NULLABLE sluice_runtime_at(void);
uint64_t *SLUICE_NULLABLE sluice_source_at(uint32_t index);
uint32_t sluice_steering_entry(uint32_t index);
struct sluice_fragment_value *SLUICE_NULLABLE sluice_fragment_at(const struct sluice_fragment_key *_Nonnull key);
void sluice_fragment_insert(
    const struct sluice_fragment_key *_Nonnull key, const struct sluice_fragment_value *_Nonnull value);
struct sluice_attempt *SLUICE_NULLABLE sluice_attempt_at(const struct sluice_attempt_key *_Nonnull key);
void sluice_attempt_insert(const struct sluice_attempt_key *_Nonnull key, const struct sluice_attempt *_Nonnull value);
struct sluice_timestamps *SLUICE_NULLABLE sluice_timestamps_at(uint32_t slot);
uint32_t sluice_on_idle(uint32_t treatment);
void sluice_count(uint32_t counter);
uint32_t sluice_may_emit_deny(uint32_t now);
uint32_t sluice_group_set(uint32_t active, uint32_t offset);

// Functions that are verified separately, so that their costs add up instead of multiplying.
int sluice_remember_fragment(
    struct sluice_packet *_Nonnull packet, uint64_t flow, uint32_t isOriginator, uint32_t now);
int sluice_follow_fragment(struct sluice_packet *_Nonnull packet, uint32_t now);
int sluice_ring_owner(uint64_t hash, uint32_t slot, uint32_t kind);
int sluice_emit_event(
    struct sluice_packet *_Nonnull packet, struct sluice_route *_Nonnull route,
    struct sluice_classification *_Nonnull question, uint64_t flow, uint32_t what);
int sluice_classify(struct sluice_classification *_Nonnull question);
int sluice_evaluate(struct sluice_classification *_Nonnull question, uint32_t active, uint32_t set);
int sluice_review_handshake(struct sluice_packet *_Nonnull packet, uint32_t slot, uint64_t word, uint32_t now);
int sluice_ask_half_open(const struct sluice_packet *_Nonnull packet, uint32_t now);
int sluice_note_half_open_began(uint32_t slot, uint32_t source, uint32_t now);
int sluice_note_half_open_left(const struct sluice_session *_Nonnull session, uint32_t slot, uint32_t now);
uint64_t sluice_key_hash(const struct sluice_session_key *_Nonnull key);
int sluice_take_slot(uint64_t hash);
int sluice_take_slot_of(uint32_t instance);
int sluice_find_flow(const struct sluice_session_key *_Nonnull key, struct sluice_flow_value *_Nonnull value);
int sluice_insert_flow(const struct sluice_session_key *_Nonnull key, uint64_t hash, uint32_t slot);
int sluice_remove_flow(uint64_t hash, uint32_t slot);
