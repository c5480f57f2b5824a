// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause OR GPL-2.0-only
//
// What the kernel program and whoever watches packets share (`sluice drop watch`, `sluice capture`). Part of the layout
// (SLUICE_LAYOUT_VERSION).
#pragma once

#include "FlowLayout.h"

/// Addresses whose bits under the mask are those of `address`; mask 0: every address.
struct sluice_address_range {
    struct sluice_address address;
    struct sluice_address mask;
};

/// What whoever watches packets wants to see; read only while somebody watches. It may let more pass than is wanted: the reader
/// looks again, at the headers (Kernel.PacketWatch).
struct sluice_watch {
    uint64_t reasons;  // bit r: drops for FlowCore.DropReason r
    uint32_t recordsPerTick;  // on each processor; what is more is left out, and counted
    uint16_t port;  // of either end; 0: any
    uint8_t protocol;  // 0: any
    uint8_t zone;  // by which the packet came in; 0: any
    struct sluice_address_range ranges[2];  // each must hold one of the two ends
};

/// Bytes of a packet that a record has, from the link header on: the headers, but for long chains of extension headers.
enum { SLUICE_LOOK_BYTES = 128 };

/// A record of the ring of whoever watches packets.
struct sluice_look {
    uint64_t timeNanoseconds;  // CLOCK_MONOTONIC
    uint32_t interfaceIndex;  // by which the packet came in
    uint32_t length;  // bytes from the link header on, of the whole super-packet
    uint32_t slot;  // of its session, where hasSession is 1
    uint32_t policyGeneration;  // of sluice_runtime
    uint16_t generation;
    uint16_t rule;  // of its session
    uint8_t action;  // FlowCore.Verdict.Action
    uint8_t reason;  // FlowCore.DropReason
    uint8_t hasSession;  // 1: it belongs to a session
    uint8_t linkHeaderLength;  // 14, or 0 on layer-3 devices
    uint8_t sourceZone, destinationZone;
    uint8_t forHost;  // 1: for one of the gateway's own addresses
    uint8_t copied;  // bytes of `bytes` that are the packet's
    uint8_t slowly;  // 1: left to the kernel's own forwarding
    uint8_t reserved[3];
    uint8_t bytes[SLUICE_LOOK_BYTES];
};

/// Records of the current tick, per CPU.
struct sluice_look_budget {
    uint32_t tick;
    uint32_t spent;
    uint64_t omitted;  // packets that were wanted, and have no record
};

SLUICE_ASSERT_SIZE(sluice_look, 168);
SLUICE_ASSERT_SIZE(sluice_watch, 80);
