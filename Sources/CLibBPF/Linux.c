// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLibBPF.h"

#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int sluice_unshare_network(void) { return unshare(CLONE_NEWNET); }

int sluice_enter_network(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int sluice_enter_mounts(int descriptor) { return setns(descriptor, CLONE_NEWNS); }

int sluice_hand_on_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, sets) != 0) return -1;
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) sets[i].inheritable |= sets[i].permitted;
    if (syscall(SYS_capset, &header, sets) != 0) return -1;
    for (unsigned long capability = 0; capability < 32 * _LINUX_CAPABILITY_U32S_3; capability++) {
        if (!(sets[capability / 32].permitted >> capability % 32 & 1)) continue;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) return -1;
    }
    return 0;
}

int sluice_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int sluice_process_descriptor(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

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

unsigned sluice_veth_peer(int socket, const char *name) {
    struct ifreq request = {0};
    struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_data = (void *)&driver;
    if (ioctl(socket, SIOCETHTOOL, &request) != 0 || strcmp(driver.driver, "veth") != 0) return 0;
    unsigned peer = 0;
    const unsigned count = driver.n_stats;
    struct ethtool_gstrings *names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
    struct ethtool_stats *values = calloc(1, sizeof(*values) + (size_t)count * sizeof(__u64));
    if (names && values) {
        *names = (struct ethtool_gstrings){.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = count};
        *values = (struct ethtool_stats){.cmd = ETHTOOL_GSTATS, .n_stats = count};
        request.ifr_data = (void *)names;
        if (ioctl(socket, SIOCETHTOOL, &request) == 0) {
            request.ifr_data = (void *)values;
            if (ioctl(socket, SIOCETHTOOL, &request) == 0) {
                for (unsigned i = 0; i < count; i++) {
                    const char *text = (const char *)names->data + (size_t)i * ETH_GSTRING_LEN;
                    if (strncmp(text, "peer_ifindex", ETH_GSTRING_LEN) == 0) peer = (unsigned)values->data[i];
                }
            }
        }
    }
    free(names);
    free(values);
    return peer;
}
