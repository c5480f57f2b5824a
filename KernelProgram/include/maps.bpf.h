// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The maps of the datapath. A map of length 1 here gets its real length from the configuration when the object is
// loaded.
#pragma once

#include "FlowLayout.h"
#include "WatchedPackets.h"
#include "Tallies.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLUICE_SHARED_ARRAY(name, entries, element) \
    struct { \
        __uint(type, BPF_MAP_TYPE_ARRAY); \
        __uint(map_flags, BPF_F_MMAPABLE); \
        __uint(max_entries, entries); \
        __type(key, __u32); \
        __type(value, element); \
    } name SEC(".maps")

SLUICE_SHARED_ARRAY(sluice_flows, 1, struct sluice_bucket);  // 5-tuple to slot: FlowCore.FlowIndex
SLUICE_SHARED_ARRAY(sluice_sessions, 1, struct sluice_session);  // capacity: by slot
SLUICE_SHARED_ARRAY(sluice_words, 1, __u64);                     // capacity: control words, by slot
SLUICE_SHARED_ARRAY(sluice_free, 1, __u64);  // capacity / 4: rings of free slots, 4 offsets of 16 bits an element
SLUICE_SHARED_ARRAY(sluice_slabs, SLUICE_MAX_SLABS, struct sluice_slab);
SLUICE_SHARED_ARRAY(sluice_instances, SLUICE_MAX_INSTANCES, struct sluice_instance);
SLUICE_SHARED_ARRAY(sluice_tallies, SLUICE_MAX_INSTANCES, struct sluice_tallies);  // only for the processes
SLUICE_SHARED_ARRAY(sluice_treatments, SLUICE_MAX_TREATMENTS, struct sluice_treatment);
SLUICE_SHARED_ARRAY(sluice_runtime, 1, struct sluice_runtime);
SLUICE_SHARED_ARRAY(sluice_policies, 2, struct sluice_policy_memory);  // one is used, the other is written
SLUICE_SHARED_ARRAY(sluice_sources, SLUICE_SOURCE_TALLIES, __u64);  // half-open sessions by source: FlowCore.SourceTally
SLUICE_SHARED_ARRAY(sluice_steering, 1, struct sluice_steering);
SLUICE_SHARED_ARRAY(sluice_interfaces, SLUICE_DENSE_INTERFACES, struct sluice_interface);

/// Interfaces with an index beyond sluice_interfaces.
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, SLUICE_MAX_FAR_INTERFACES);
    __type(key, __u32);
    __type(value, struct sluice_interface);
} sluice_far_interfaces SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 8192);
    __type(key, struct sluice_fragment_key);
    __type(value, struct sluice_fragment_value);
} sluice_fragments SEC(".maps");

/// Handshakes that began again: FlowCore.HandshakeAttempts.
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, struct sluice_attempt_key);
    __type(value, struct sluice_attempt);
} sluice_attempts SEC(".maps");

/// Time stamps of sessions that may be probed, by slot. An element uses memory only while there is such a session. The
/// map that is inserted has more elements (Kernel.TimestampTable).
struct sluice_timestamp_table {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sluice_timestamps);
};

/// The buckets of such a map take 1 MiB, and a map's size is fixed. So the controller creates it with the first policy
/// that may probe, before that policy is used, and inserts it here. A gateway that never probes has none.
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 1);
    __type(key, __u32);
    __array(values, struct sluice_timestamp_table);
} sluice_timestamps SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SLUICE_MAX_COUNTERS);
    __type(key, __u32);
    __type(value, __u64);
} sluice_counters SEC(".maps");

/// Forwarded packets and bytes, by slab.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SLUICE_MAX_SLABS);
    __type(key, __u32);
    __type(value, struct sluice_traffic);
} sluice_slab_traffic SEC(".maps");

struct sluice_event_ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 21);  // bytes
};

/// A ring of events for each instance, created by its process (Kernel.EventRing).
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, SLUICE_MAX_INSTANCES);
    __type(key, __u32);
    __array(values, struct sluice_event_ring);
} sluice_events SEC(".maps");

/// Deny events of the current tick, per CPU.
struct sluice_deny_budget {
    __u32 tick;
    __u32 spent;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sluice_deny_budget);
} sluice_deny_budgets SEC(".maps");

SLUICE_SHARED_ARRAY(sluice_watch, 1, struct sluice_watch);  // the filter of the process that watches packets

struct sluice_watched_ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 18);  // bytes; the ring that is inserted may have more
};

/// The ring of the process that watches packets, which creates it (Kernel.PacketWatch). While nobody watches there is
/// none.
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 1);
    __type(key, __u32);
    __array(values, struct sluice_watched_ring);
} sluice_watched SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sluice_watch_budget);
} sluice_watch_budgets SEC(".maps");
