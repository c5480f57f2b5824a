// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What sockets.bpf.c reads out of the kernel's structs for the Swift side, in the kernel's units.
#pragma once

#include "SocketLayout.h"

/// The keep-alive of a socket and its times, as the kernel holds them.
struct sluice_raw_socket {
    /// In seconds, as getsockopt(2) returns them: the application's or the system's.
    uint32_t idle;
    uint32_t interval;
    uint32_t count;
    /// In jiffies; 0: the application has set none.
    uint32_t ownIdle;
    uint32_t ownInterval;
    uint32_t ownCount;
    /// The system's, in jiffies.
    uint32_t systemIdle;
    uint32_t systemInterval;
    /// Times in jiffies: now, and of the last data sent, data received, acknowledgement received.
    uint32_t now;
    uint32_t sent;
    uint32_t received;
    uint32_t acknowledged;
    uint32_t isOn;
};
