// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLibBPF.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int sluice_unshare_network(void) { return unshare(CLONE_NEWNET); }

int sluice_enter_network(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int sluice_enter_mounts(int descriptor) { return setns(descriptor, CLONE_NEWNS); }

int sluice_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

char *const *sluice_environment(void) { return environ; }

int sluice_send_many(
    int descriptor, const uint8_t *segments, size_t stride, const uint8_t *lengths, const void *addresses,
    size_t address_size, unsigned count) {
    enum { MOST = SLUICE_SEND_MOST };
    struct mmsghdr messages[MOST];
    struct iovec pieces[MOST];
    if (count > MOST) count = MOST;
    memset(messages, 0, sizeof(messages[0]) * count);
    for (unsigned i = 0; i < count; i++) {
        pieces[i].iov_base = (void *)(segments + i * stride);
        pieces[i].iov_len = lengths[i];
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = (char *)addresses + i * address_size;
        messages[i].msg_hdr.msg_namelen = (socklen_t)address_size;
    }
    return sendmmsg(descriptor, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}
