// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause OR GPL-2.0-only
//
// The memory that the kernel program and the processes share. Every struct here is in an eBPF map, or in a ring buffer
// record, and is read and written by both sides at once. A change of any size, offset or meaning must raise
// SLUICE_LAYOUT_VERSION, so that a new process never reads an old kernel program's memory.
//
// Integers are in host order, and so are addresses (see struct sluice_address). Only packets are in network order.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "SluiceAtomics.h"

enum {
    /// Raised with every change of this file that affects the other side.
    SLUICE_LAYOUT_VERSION = 10,
    /// One tick of the coarse clock is 2^24 ns (16.8 ms) of CLOCK_MONOTONIC; ticks are 32 bits wide and wrap.
    SLUICE_TICK_SHIFT = 24,
    /// Slabs of session slots in one gateway, whatever its capacity.
    SLUICE_MAX_SLABS = 256,
    /// Instance identifiers are 1 ... SLUICE_MAX_INSTANCES - 1; 0 means "none".
    SLUICE_MAX_INSTANCES = 64,
    /// Entries of the steering table, a power of two.
    SLUICE_STEERING_ENTRIES = 1 << 14,
    /// Zone identifiers are 1 ... SLUICE_MAX_ZONES - 1; 0 means "not a zone of this gateway".
    SLUICE_MAX_ZONES = 64,
    /// Interfaces with an index below this are in an array, the others in a hash table, which has room for fewer.
    SLUICE_DENSE_INTERFACES = 65536,
    SLUICE_MAX_FAR_INTERFACES = 1024,
    /// Treatments of an idle session (see struct sluice_treatment).
    SLUICE_MAX_TREATMENTS = 4096,
    /// Width of a policy image's bit rows.
    SLUICE_RULE_BITS = 1024,
    SLUICE_RULE_WORDS = SLUICE_RULE_BITS / 64,
    /// Bytes of one policy image: FlowCore.Classifier masks offsets into it with this value - 1.
    SLUICE_POLICY_BYTES = 1 << 24,
    /// Reasons of drops (FlowCore.DropReason): the first counters of the map.
    SLUICE_MAX_DROP_REASONS = 64,
    /// All counters: packets by drop reason, those of FlowCore.Counter, and from SLUICE_DROPPED_BYTES on bytes by drop reason.
    SLUICE_MAX_COUNTERS = 192,
    SLUICE_DROPPED_BYTES = 128,
    /// Secret words of the session hash (FlowCore.KeyHash), followed by those of the sources' tallies.
    SLUICE_SESSION_HASH_KEYS = 24,
    SLUICE_HASH_KEYS = 28,
    /// Tallies of half-open sessions by source (FlowCore.SourceTally), a power of two.
    SLUICE_SOURCE_TALLIES = 1 << 14,
    /// A slab's owner is `member << SLUICE_OWNER_MEMBER_SHIFT | instance`. Member 0 is this gateway.
    SLUICE_OWNER_MEMBER_SHIFT = 16,
};

/// What the datapath writes over the destination in the link header of a packet that it has allowed and passes to the
/// kernel's own forwarding: a locally administered address (Kernel.GuardRules has the same).
#define SLUICE_ALLOWED_STAMP { 0x52, 0x51, 0xC1, 0xCE, 0xA1, 0x10 }

/// An IP address as one 128-bit number; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
struct sluice_address {
    uint64_t high;
    uint64_t low;
};

/// A direction-independent 5-tuple: the end with the lower (address, port) comes first.
/// ICMP echo: both ports are the identifier. The end that sends the requests is part of the key, because both ends may
/// use the same identifier.
/// Protocols without ports: both are 0.
struct sluice_session_key {
    struct sluice_address lowAddress;
    struct sluice_address highAddress;
    uint16_t lowPort;
    uint16_t highPort;
    uint8_t protocol;
    uint8_t family;  // 4 or 6
    uint16_t echoAsker;  // ICMP echo: 1: the lower end sends the requests, 2: the higher one; else 0
};

/// One bucket of the flow index, a cache line. An entry is 0, or the number of the slot plus one, with 32 bits of the
/// key's hash above it.
struct sluice_bucket {
    uint64_t entries[8];
};

/// The result of a lookup in the flow index: where a session's slot is.
struct sluice_flow_value {
    uint32_t slot;
    uint32_t generation;
};

/// What one end of a session has sent, as seen from the middle of the path.
struct sluice_flow_end {
    uint64_t packets;
    uint64_t bytes;  // of layer 3: IP header included
    uint32_t initialSequence;  // ISS
    uint32_t sequenceEnd;  // highest SEG.SEQ + SEG.LEN forwarded from this end: its SND.NXT
    uint32_t acknowledged;  // last SEG.ACK this end sent: its RCV.NXT
    uint32_t windowEdge;  // highest SEG.ACK + SEG.WND this end announced: the other may send up to here
    uint32_t maximumWindow;  // largest window this end announced, in bytes
    uint8_t windowScale;  // low half: shift count in force; high half: the one that the end's SYN offered (RFC 7323)
    uint8_t flags;  // FlowCore.EndFlags
    uint8_t zone;
    /// Half of the session's groupRule, because the slot has no room for it in one piece. The originator's end has the
    /// low byte, the responder's end the high byte. It is the identity of the rule of the last group that allowed the
    /// session; 0: no group was asked.
    uint8_t groupRulePart;
};

/// An end's acknowledged (low half) and windowEdge (high half). They change in one step, because several processors
/// judge segments of one direction at once.
SLUICE_INLINE uint64_t *_Nonnull sluice_acknowledged_and_edge(struct sluice_flow_end *_Nonnull end) {
    _Static_assert(offsetof(struct sluice_flow_end, acknowledged) % 8 == 0, "changed as one word");
    _Static_assert(
        offsetof(struct sluice_flow_end, windowEdge) == offsetof(struct sluice_flow_end, acknowledged) + 4, "changed as one word");
    return (uint64_t *)(void *)&end->acknowledged;
}

/// Sets flags of an end. Does not change the flags that another processor sets or clears meanwhile.
SLUICE_INLINE void sluice_set_end_flags(struct sluice_flow_end *_Nonnull end, uint8_t flags) {
    _Static_assert(offsetof(struct sluice_flow_end, windowScale) % 4 == 0, "flags are the second byte of a word");
    _Static_assert(
        offsetof(struct sluice_flow_end, flags) == offsetof(struct sluice_flow_end, windowScale) + 1, "flags are the second byte of a word");
    sluice_or32((uint32_t *)(void *)&end->windowScale, (uint32_t)flags << 8);
}

/// Clears flags of an end. Does not change the flags that another processor sets or clears meanwhile.
SLUICE_INLINE void sluice_clear_end_flags(struct sluice_flow_end *_Nonnull end, uint8_t flags) {
    sluice_and32((uint32_t *)(void *)&end->windowScale, ~((uint32_t)flags << 8));
}

/// Sets an end's window scale and flags. Does not change a flag that another processor sets meanwhile.
SLUICE_INLINE void sluice_begin_end_flags(struct sluice_flow_end *_Nonnull end, uint8_t windowScale, uint8_t flags) {
    uint32_t *word = (uint32_t *)(void *)&end->windowScale;
    sluice_and32(word, 0xFFFF0000u);
    sluice_or32(word, (uint32_t)flags << 8 | windowScale);
}

/// One slot: a session, both directions. 128 bytes. Its state, generation and last activity are in its control word, an
/// element of a separate dense array (FlowCore.ControlWord).
struct sluice_session {
    struct sluice_session_key key;
    struct sluice_flow_end originator;
    struct sluice_flow_end responder;
    uint32_t createdTick;
    uint16_t rule;  // rule identity, stable across reloads; 0: none
    uint8_t flags;  // FlowCore.SessionFlags
    uint8_t endReason;  // FlowCore.EndReason
};

/// Sets flags of a session. Does not change what another processor or process writes next to them meanwhile.
SLUICE_INLINE void sluice_set_session_flags(struct sluice_session *_Nonnull session, uint8_t flags) {
    _Static_assert(offsetof(struct sluice_session, rule) % 4 == 0, "flags are the third byte of a word");
    _Static_assert(offsetof(struct sluice_session, flags) == offsetof(struct sluice_session, rule) + 2, "the third byte");
    _Static_assert(offsetof(struct sluice_session, endReason) == offsetof(struct sluice_session, rule) + 3, "the fourth byte");
    sluice_or32((uint32_t *)(void *)&session->rule, (uint32_t)flags << 16);
}

/// Clears flags of a session. Does not change what another processor or process writes next to them meanwhile.
SLUICE_INLINE void sluice_clear_session_flags(struct sluice_session *_Nonnull session, uint8_t flags) {
    sluice_and32((uint32_t *)(void *)&session->rule, ~((uint32_t)flags << 16));
}

/// Replaces a session's end reason if it is still the expected one.
SLUICE_INLINE void sluice_replace_end_reason(struct sluice_session *_Nonnull session, uint8_t expected, uint8_t desired) {
    uint32_t *word = (uint32_t *)(void *)&session->rule;
    for (int attempt = 0; attempt < 8; attempt++) {
        uint32_t current = sluice_load32(word);
        if (current >> 24 != expected) return;
        uint32_t changed = (current & 0x00FFFFFFu) | (uint32_t)desired << 24;
        if (sluice_compare_exchange32(word, current, changed) == current) return;
    }
}

/// A range of slots with one owner. Its free slots are in a ring: the kernel takes slots at head, the owner returns
/// them at tail. Head and tail only increase. The ring's length is the slab's number of slots, a power of two.
struct sluice_slab {
    uint32_t head;
    uint32_t tail;
    /// `member << 16 | instance`. Member 0 is this gateway; its instance 0 is the pool, from which instances claim
    /// slabs. Slabs of other members are replicas of their sessions. Compare all 32 bits. Changed by
    /// compare-and-exchange.
    uint32_t owner;
    /// Sessions of the slab that became half-open, and sessions that a packet made not half-open any more. The kernel
    /// program counts; both only increase (and wrap).
    uint32_t halfOpenBegun, halfOpenLeft;
    /// What the owner's last count adds to them (FlowCore.HalfOpenTally).
    uint32_t halfOpenOffset;
    uint64_t padding[5];  // a cache line each
};

/// One instance, as the kernel and the other processes see it. Element 0 is the pool of slabs without an owner.
struct sluice_instance {
    /// Bit s: slab s belongs to this instance and may have free slots.
    uint64_t slabsWithFreeSlots[SLUICE_MAX_SLABS / 64];
    /// CLOCK_MONOTONIC, nanoseconds, of the last iteration of its loop.
    uint64_t heartbeatNanoseconds;
    uint64_t startedNanoseconds;
    uint32_t processIdentifier;
    uint32_t state;  // Gateway.InstanceState
    /// The controller increments the first; the instance's loop copies it to the second. So a loop that runs answers.
    uint64_t askedNumber, answeredNumber;
    /// The time within which a drain resets all sessions. Written before `state` says drainingReset.
    uint64_t drainWindowNanoseconds;
    /// The controller increments the first to request that the resets of a drain are repeated. The instance copies it
    /// when that is done.
    uint32_t repeatsOrdered, repeatsDone;
    uint64_t begins, ends;  // slots taken from its slabs, at its last check; sessions that it has released
    uint64_t expired, resetsSent, probesSent, resetsFailed;
    uint64_t scanNanoseconds, scanCount;  // CPU time of ageing, passes
};

/// How idle sessions of one kind end. Index: ControlWord.treatment, of which the low 3 bits are FlowCore.SessionKind.
struct sluice_treatment {
    uint32_t timeoutTicks;  // 0: unused entry
    uint8_t onIdle;  // FlowCore.OnIdle
    uint8_t reserved[3];
};

/// The datapath's settings and shared tallies; the single element of its map.
struct sluice_runtime {
    uint32_t layoutVersion;
    uint32_t activePolicy;  // 0 or 1: the policy image that is used
    uint32_t capacitySessions;
    uint32_t slabShift;  // a slab has 1 << slabShift slots
    uint32_t halfOpenLimit;
    uint32_t halfOpenLimitPerSource;  // of one IPv4 address, or one IPv6 /64; 0: none
    uint32_t halfOpenTimeoutTicks;  // as configured; the instances reduce it
    uint32_t closingTimeoutTicks;
    uint32_t closedTimeoutTicks;
    uint32_t tombstoneTimeoutTicks;
    uint32_t fragmentTimeoutTicks;
    uint32_t denyEventsPerTick;
    uint8_t resetWithoutSession;  // 1: answer a segment without a session with a RST instead of dropping it
    uint8_t hostPing;  // 1: ICMP echo to the gateway's own addresses is answered
    uint8_t reportsEvents;  // 1: the event rings report begins and denies; 0 if nothing is logged
    uint8_t reserved;
    uint32_t bucketMask;  // the flow index has bucketMask + 1 buckets, a power of two
    uint64_t identity;  // random: distinguishes this table from all others
    uint64_t startedNanoseconds;
    uint64_t servingInstances;  // bit i: instance i takes new sessions
    /// Until this tick the route to an address depends only on the interface that a packet came in by. 0: it may depend
    /// on the source, too. The controller renews it as long as this is known (Gateway.SourceRouting).
    uint32_t destinationRoutingEnd;
    uint32_t leavesToKernel;  // 1: the kernel forwards all packets, because IPsec policies may apply to any packet
    /// An epoch of the sources' tallies has 1 << sourceEpochShift ticks (FlowCore.SourceTally).
    uint32_t sourceEpochShift;
    uint32_t policyGeneration;  // how often a policy came into force
    // What the controller has done, for metrics.
    uint64_t policySeconds;  // when the last policy came into force, seconds since 1970
    uint32_t reloadErrors;  // reloads that were refused
    uint32_t scaleOuts, scaleIns;
    /// Until this tick somebody watches drops, or every packet; 0: nobody. The watching process renews it each second
    /// (Kernel.PacketWatch).
    uint32_t dropWatchEnd, packetWatchEnd;
    uint32_t reservedWord;
    /// Random and secret, so that an attacker cannot choose keys that share a bucket (FlowCore.KeyHash).
    uint64_t hashKeys[SLUICE_HASH_KEYS];
    uint64_t reservedForKeys[4];
    // A cache line that changes with every session.
    /// The sum of all slabs' halfOpenBegun minus their halfOpenLeft.
    uint32_t halfOpenChanges;
    /// The sum of all slabs' halfOpenOffset, written by the instance that counted last.
    uint32_t halfOpenOffset;
    /// When a SYN was last dropped because of its source's limit.
    uint32_t sourceLimitedTick;
    uint32_t reservedEnd[13];
};

SLUICE_INLINE const uint64_t *_Nonnull sluice_hash_keys(const struct sluice_runtime *_Nonnull runtime) {
    _Static_assert(offsetof(struct sluice_runtime, halfOpenChanges) % 64 == 0, "a cache line of its own");
    return runtime->hashKeys;
}

/// Which instance a new session goes to, by a part of the hash of its key (FlowCore.SessionSteering).
struct sluice_steering {
    uint8_t instance[SLUICE_STEERING_ENTRIES];
};

/// Forwarded packets and bytes of the sessions of one slab, on one processor.
struct sluice_traffic {
    uint64_t packets;
    uint64_t bytes;
};

/// A zone interface, by interface index.
struct sluice_interface {
    uint8_t zone;  // 0: not a zone of this gateway
    uint8_t linkHeaderLength;  // 14, or 0 on layer-3 devices
    uint8_t handsToPeer;  // 1: one end of a veth pair whose other end is in another network namespace, reached directly
    uint8_t reserved;
    uint32_t mtu;
};

/// A datagram whose first fragment was allowed.
struct sluice_fragment_key {
    struct sluice_address source;
    struct sluice_address destination;
    uint32_t identification;
    uint8_t protocol;
    uint8_t zone;
    uint16_t reserved;
};

struct sluice_fragment_value {
    uint32_t slot;
    uint32_t generation;
    uint32_t tick;
    uint32_t sequenceBase;  // TCP: sequence number of the datagram's first payload byte, minus the TCP header's length
    uint8_t fromOriginator;
    uint8_t reserved[3];
};

/// A SYN or SYN-ACK that was forwarded although it does not match the session's handshake (FlowCore.HandshakeAttempts).
/// Only the kernel program reads it.
struct sluice_attempt_key {
    uint32_t slot;
    uint32_t generation;
    uint32_t acknowledgment;  // of the answer: ISS + 1
    uint32_t fromOriginator;  // 1 or 0
};

struct sluice_attempt {
    uint32_t initialSequence;
    uint32_t acknowledged;  // SYN-ACK: of the peer's SYN
    uint32_t window;
    uint8_t windowScale;  // 0xFF: not offered
    uint8_t onOpenSession;  // 1: it came when the session was established or closing
    uint16_t reserved;
};

/// The last time stamps of a session's ends (RFC 7323, 3), for sessions that may be probed: generation of the slot <<
/// 48 | 1 << 32 | TSval; 0: the end has sent none.
struct sluice_timestamps {
    uint64_t originator;
    uint64_t responder;
};

/// A record of the event ring.
struct sluice_event {
    uint64_t timeNanoseconds;  // CLOCK_MONOTONIC
    struct sluice_session_key key;
    uint32_t slot;
    uint32_t generation;
    uint16_t rule;
    uint8_t kind;  // FlowCore.EventKind
    uint8_t reason;  // of a deny: FlowCore.DropReason
    uint8_t flags;  // FlowCore.SessionFlags
    uint8_t sourceZone;
    uint8_t destinationZone;
    uint8_t stage;  // of a deny: FlowCore.PolicyStage
};

/// A policy image: written by Policy, read by FlowCore's classifier.
struct sluice_policy_memory {
    uint8_t bytes[SLUICE_POLICY_BYTES];
};

/// A question to the classifier, and its answer.
struct sluice_classification {
    struct sluice_address source;
    struct sluice_address destination;
    uint16_t sourcePort;
    uint16_t destinationPort;
    uint8_t protocol;
    uint8_t family;  // 4 or 6
    uint8_t forHost;  // 1: the packet is for the gateway itself, and the host rules judge
    // The answer.
    uint8_t allowed;
    uint16_t rule;  // identity of the deciding rule; 0: none
    uint16_t treatment;  // of the session that would begin: the deciding rule's, or that of its kind
    uint8_t sourceIsInternal;
    uint8_t destinationIsInternal;
    uint16_t ruleIndex;  // in order of priority, in its rule set; 0xFFFF: none
    // Also part of the question. A zone without a network security group, 0 among them, allows everything.
    uint8_t sourceZone;
    uint8_t destinationZone;
    uint8_t reevaluates;  // 1: a live session is judged again; only groups with flushConnection are asked
    // Also part of the answer.
    uint8_t stage;  // FlowCore.PolicyStage: whose rule decided
    uint16_t groupRule;  // identity of the rule of the last group that was asked; 0: none was
    uint16_t reserved;
};

#define SLUICE_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " has another size")
SLUICE_ASSERT_SIZE(sluice_session_key, 40);
SLUICE_ASSERT_SIZE(sluice_bucket, 64);
SLUICE_ASSERT_SIZE(sluice_flow_end, 40);
SLUICE_ASSERT_SIZE(sluice_session, 128);
SLUICE_ASSERT_SIZE(sluice_slab, 64);
SLUICE_ASSERT_SIZE(sluice_steering, 16384);
SLUICE_ASSERT_SIZE(sluice_event, 64);
SLUICE_ASSERT_SIZE(sluice_fragment_key, 40);
SLUICE_ASSERT_SIZE(sluice_classification, 56);
SLUICE_ASSERT_SIZE(sluice_attempt_key, 16);
SLUICE_ASSERT_SIZE(sluice_attempt, 16);
SLUICE_ASSERT_SIZE(sluice_timestamps, 16);
