// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause OR GPL-2.0-only
//
// What the kernel program shares with the process that watches packets (`sluice drop watch`, `sluice capture`). Part of
// the layout (SLUICE_LAYOUT_VERSION).
#pragma once

#include "FlowLayout.h"

/// Addresses whose bits under the mask are those of `address`; mask 0: every address.
struct sluice_address_range {
    struct sluice_address address;
    struct sluice_address mask;
};

/// The filter of the process that watches packets. It is read only while somebody watches. It may let more packets pass
/// than wanted: the reader checks the headers again (Kernel.PacketWatch).
struct sluice_watch {
    uint64_t reasons;  // bit r: drops for FlowCore.DropReason r
    uint32_t recordsPerTick;  // on each processor; more than that are omitted, and counted
    uint16_t port;  // of either end; 0: any
    uint8_t protocol;  // 0: any
    uint8_t zone;  // where the packet came in; 0: any
    struct sluice_address_range ranges[2];  // each must hold one of the two ends
};

/// Bytes of a packet in a record, from the link header on: the headers, except for long chains of extension headers.
enum { SLUICE_WATCHED_BYTES = 128 };

/// A record of the ring of the process that watches packets.
struct sluice_watched_packet {
    uint64_t timeNanoseconds;  // CLOCK_MONOTONIC
    uint32_t interfaceIndex;  // where the packet came in
    uint32_t length;  // bytes from the link header on, of the whole super-packet
    uint32_t slot;  // of its session, if hasSession is 1
    uint32_t policyGeneration;  // of sluice_runtime
    uint16_t generation;
    uint16_t rule;  // of its session
    uint8_t action;  // FlowCore.Verdict.Action
    uint8_t reason;  // FlowCore.DropReason
    uint8_t hasSession;  // 1: it belongs to a session
    uint8_t linkHeaderLength;  // 14, or 0 on layer-3 devices
    uint8_t sourceZone, destinationZone;
    uint8_t forHost;  // 1: for one of the gateway's own addresses
    uint8_t copied;  // valid bytes in `bytes`
    uint8_t slowly;  // 1: passed to the kernel's own forwarding
    uint8_t reserved[3];
    uint8_t bytes[SLUICE_WATCHED_BYTES];
};

/// Records of the current tick, per CPU.
struct sluice_watch_budget {
    uint32_t tick;
    uint32_t spent;
    uint64_t omitted;  // packets that were wanted, but have no record
};

SLUICE_ASSERT_SIZE(sluice_watched_packet, 168);
SLUICE_ASSERT_SIZE(sluice_watch, 80);
