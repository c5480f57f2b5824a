// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause OR GPL-2.0-only
//
// What is counted of sessions for metrics: a part of the shared memory (FlowLayout.h) that only processes write.
#pragma once

#include <stdint.h>

#include "SluiceAtomics.h"

enum {
    /// Kinds of sessions (FlowCore.SessionKind): class and protocol.
    SLUICE_SESSION_KINDS = 8,
    SLUICE_SESSION_STATES = 16,
    SLUICE_END_REASONS = 32,
    /// Buckets of the histograms of durations, without the last one that has no limit (FlowCore.DurationBuckets).
    SLUICE_DURATION_BUCKETS = 9,
};

/// How long something lasted, of many sessions: by bucket, the last one without limit, and all together in ticks.
struct sluice_durations {
    uint64_t buckets[SLUICE_DURATION_BUCKETS + 1];
    uint64_t ticks;
};

/// What became of sessions, as one instance has counted it, and the controller for it: by atomic additions. Every word grows for ever, also
/// when another process goes on under the same identifier. A process that is killed has at most not counted what it was at.
struct sluice_tallies {
    /// By class (FlowCore.TrafficClass) and FlowCore.EndReason.
    uint64_t ended[2][SLUICE_END_REASONS];
    /// Resets sent, by why the session ended and to which end: 0 the originator, 1 the responder.
    uint64_t resets[SLUICE_END_REASONS][2];
    /// From the first packet to the end, and from the last packet to the end, by class.
    struct sluice_durations lived[2];
    struct sluice_durations idle[2];
    /// Sessions in its slabs when it counted last: bits 0 to 3 of the index are the state, the others FlowCore.SessionKind. The one
    /// part that does not grow. `countedNanoseconds`: when; CLOCK_MONOTONIC.
    uint32_t sessions[SLUICE_SESSION_KINDS * SLUICE_SESSION_STATES];
    uint64_t countedNanoseconds;
};

SLUICE_INLINE uint64_t *_Nonnull sluice_tally_ended(struct sluice_tallies *_Nonnull tallies, uint32_t trafficClass, uint32_t reason) {
    return &tallies->ended[trafficClass & 1][reason & (SLUICE_END_REASONS - 1)];
}

SLUICE_INLINE uint64_t *_Nonnull sluice_tally_resets(struct sluice_tallies *_Nonnull tallies, uint32_t reason, uint32_t end) {
    return &tallies->resets[reason & (SLUICE_END_REASONS - 1)][end & 1];
}

SLUICE_INLINE struct sluice_durations *_Nonnull sluice_tally_lived(struct sluice_tallies *_Nonnull tallies, uint32_t trafficClass) {
    return &tallies->lived[trafficClass & 1];
}

SLUICE_INLINE struct sluice_durations *_Nonnull sluice_tally_idle(struct sluice_tallies *_Nonnull tallies, uint32_t trafficClass) {
    return &tallies->idle[trafficClass & 1];
}

SLUICE_INLINE uint64_t *_Nonnull sluice_duration_buckets(struct sluice_durations *_Nonnull durations) { return durations->buckets; }

SLUICE_INLINE uint32_t *_Nonnull sluice_tally_sessions(struct sluice_tallies *_Nonnull tallies) { return tallies->sessions; }
