// SPDX-License-Identifier: Apache-2.0
//
// Functions for packet sockets, network namespaces and CPUs that Swift's Glibc module does not offer.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    /// Maximum frames in one call of bench_send_frames.
    BENCH_SEND_MOST = 64,
    /// Bytes before each frame: struct virtio_net_hdr, which describes the checksum that is left to be completed.
    BENCH_FRAME_PREFIX = 10,
};

/// Moves the calling thread into a network namespace with setns(2). Returns 0, or -1 and errno.
int bench_enter_network(int descriptor);

/// Binds the calling thread to one CPU. Returns 0, or -1 and errno.
int bench_bind_to_core(int core);

/// Gives the calling thread real-time priority (SCHED_FIFO), or ordinary priority again. Returns 0, or -1 and errno.
int bench_set_realtime(int on);

/// Opens a descriptor that becomes readable when a process has ended. Returns it, or -1 and errno.
int bench_open_process(int process);

/// Sleeps until CLOCK_MONOTONIC reaches this many nanoseconds.
void bench_sleep_until(int64_t nanoseconds);

/// Opens a socket that sends frames on one interface of the caller's network namespace, bypassing its queue, and receives none.
/// Returns the descriptor, or -1 and errno.
int bench_open_frame_socket(const char *_Nonnull interface);

/// sendmmsg(2) of frames that lie `stride` bytes apart, each with its prefix: `length` bytes with it. Returns how many of the
/// first were sent, or -1 and errno for the very first.
int bench_send_frames(
    int descriptor, const uint8_t *_Nonnull frames, size_t stride, size_t length, unsigned count);
