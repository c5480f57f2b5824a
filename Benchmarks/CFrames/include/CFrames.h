// SPDX-License-Identifier: Apache-2.0
//
// What Swift's Glibc module does not show of packet sockets, network namespaces and processors.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    /// Frames in one call of bench_send_frames.
    BENCH_SEND_MOST = 64,
    /// Bytes before each frame: struct virtio_net_hdr, in which the sender says what it leaves to be completed.
    BENCH_FRAME_PREFIX = 10,
};

/// setns(2) of the calling thread into a network namespace. Returns 0, or -1 and errno.
int bench_enter_network(int descriptor);

/// Binds the calling thread to one processor. Returns 0, or -1 and errno.
int bench_bind_to_core(int core);

/// Has the calling thread run before all ordinary ones (SCHED_FIFO), or like them again. Returns 0, or -1 and errno.
int bench_set_realtime(int on);

/// Opens a descriptor that becomes readable when a process has ended. Returns it, or -1 and errno.
int bench_open_process(int process);

/// Rests until CLOCK_MONOTONIC shows this many nanoseconds.
void bench_rest_until(int64_t nanoseconds);

/// Opens a socket that sends frames by one interface of the caller's network namespace, past its queue, and receives none.
/// Returns the descriptor, or -1 and errno.
int bench_open_frame_socket(const char *_Nonnull interface);

/// sendmmsg(2) of frames that lie `stride` bytes apart, each with its prefix: `length` bytes with it. Returns how many of the
/// first were sent, or -1 and errno for the very first.
int bench_send_frames(
    int descriptor, const uint8_t *_Nonnull frames, size_t stride, size_t length, unsigned count);
