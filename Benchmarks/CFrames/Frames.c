// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CFrames.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct virtio_net_hdr) == BENCH_FRAME_PREFIX, "the prefix is a virtio_net_hdr");

int bench_enter_network(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int bench_bind_to_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    return sched_setaffinity(0, sizeof(cores), &cores);
}

int bench_set_realtime(int on) {
    struct sched_param parameter = {.sched_priority = on ? 1 : 0};
    return sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &parameter);
}

int bench_open_process(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

void bench_sleep_until(int64_t nanoseconds) {
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {
    }
}

int bench_open_frame_socket(const char *interface) {
    unsigned index = if_nametoindex(interface);
    if (index == 0) return -1;
    // With protocol 0 it never receives a packet.
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)index};
    int on = 1;
    if (setsockopt(descriptor, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) != 0 ||
        setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0 ||
        bind(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int reason = errno;
        close(descriptor);
        errno = reason;
        return -1;
    }
    return descriptor;
}

int bench_send_frames(int descriptor, const uint8_t *frames, size_t stride, size_t length, unsigned count) {
    struct mmsghdr messages[BENCH_SEND_MOST];
    struct iovec pieces[BENCH_SEND_MOST];
    if (count > BENCH_SEND_MOST) count = BENCH_SEND_MOST;
    memset(messages, 0, sizeof(messages[0]) * count);
    for (unsigned i = 0; i < count; i++) {
        pieces[i].iov_base = (void *)(frames + i * stride);
        pieces[i].iov_len = length;
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    return sendmmsg(descriptor, messages, count, 0);
}
