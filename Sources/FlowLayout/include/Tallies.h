// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause OR GPL-2.0-only
//
// The counters of sessions for metrics: a part of the shared memory (FlowLayout.h) that only processes write.
#pragma once

#include <stdint.h>

#include "SluiceAtomics.h"

enum {
    /// Kinds of sessions (FlowCore.SessionKind): class and protocol.
    SLUICE_SESSION_KINDS = 8,
    SLUICE_SESSION_STATES = 16,
    SLUICE_END_REASONS = 32,
    /// Buckets of the histograms of durations, without the last one, which has no limit (FlowCore.DurationBuckets).
    SLUICE_DURATION_BUCKETS = 9,
};

/// A histogram of durations of sessions: counts by bucket, the last one without a limit, and the sum in ticks.
struct sluice_durations {
    uint64_t buckets[SLUICE_DURATION_BUCKETS + 1];
    uint64_t ticks;
};

/// What happened to sessions, counted by one instance, and by the controller on its behalf, with atomic additions.
/// Every word only increases, also when another process continues under the same identifier. If a process is killed, at
/// most what it was working on is not counted.
struct sluice_tallies {
    /// By class (FlowCore.TrafficClass) and FlowCore.EndReason.
    uint64_t ended[2][SLUICE_END_REASONS];
    /// RSTs sent, by the reason why the session ended, and to which end: 0 the originator, 1 the responder.
    uint64_t resets[SLUICE_END_REASONS][2];
    /// From the first packet to the end, and from the last packet to the end, by class.
    struct sluice_durations lived[2];
    struct sluice_durations idle[2];
    /// Sessions in its slabs at the last count: bits 0 to 3 of the index are the state, the others
    /// FlowCore.SessionKind. With `atRisk` the only part that does not only increase. `countedNanoseconds`: the time of the count;
    /// CLOCK_MONOTONIC.
    uint32_t sessions[SLUICE_SESSION_KINDS * SLUICE_SESSION_STATES];
    uint64_t countedNanoseconds;
    /// Sessions in its slabs that were at risk at the last count, by class (FlowCore.KeepAlive).
    uint64_t atRisk[2];
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

SLUICE_INLINE uint64_t *_Nonnull sluice_tally_at_risk(struct sluice_tallies *_Nonnull tallies, uint32_t trafficClass) {
    return &tallies->atRisk[trafficClass & 1];
}

SLUICE_INLINE uint32_t *_Nonnull sluice_tally_sessions(struct sluice_tallies *_Nonnull tallies) { return tallies->sessions; }
