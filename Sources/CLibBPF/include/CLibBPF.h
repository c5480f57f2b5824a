// SPDX-License-Identifier: Apache-2.0
//
// libbpf, and the few things around it that Swift's Glibc module does not show:
// variadic functions, netlink's macros, what only _GNU_SOURCE declares.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

/// Makes libbpf hand its messages to this thread's log instead of writing them to stderr. May be called at any time, by
/// any thread.
void sluice_bpf_log_capture(void);

/// Empties this thread's log.
void sluice_bpf_log_clear(void);

/// This thread's log: the last 256 KiB of what libbpf and the verifier said since it was emptied. Valid until this thread
/// calls libbpf again.
const char *_Nonnull sluice_bpf_log_text(void);

/// Counts the filters on an interface's clsact queueing discipline, ingress or egress, in the caller's network namespace.
/// Returns the number, or a negative errno.
int sluice_count_filters(int interface_index, int egress);

/// The index of a veth interface's other end, in whichever network namespace that is; 0 for any other kind of interface.
unsigned sluice_veth_peer(int socket, const char *_Nonnull name);

/// unshare(2) of the calling thread's network namespace. Returns 0, or -1 and errno; so do the next ones.
int sluice_unshare_network(void);

/// setns(2) into a network namespace.
int sluice_enter_network(int descriptor);

/// setns(2) into a mount namespace; of a process with one thread only.
int sluice_enter_mounts(int descriptor);

/// Makes this thread's permitted capabilities ambient, so that programs which it starts have them as well.
int sluice_hand_on_capabilities(void);

/// memfd_create(2), closed on exec.
int sluice_memory_file(const char *_Nonnull name);

/// pidfd_open(2): a descriptor that can be read from when the process has ended. Returns it, or -1 and errno.
int sluice_process_descriptor(int process);

/// This process's environment, for programs that it starts.
char *_Nullable const *_Nonnull sluice_environment(void);

enum {
    /// Packets in one call of sluice_send_many.
    SLUICE_SEND_MOST = 512,
};

/// sendmmsg(2), without waiting, of packets that lie `stride` bytes apart, each to a socket address of its own. Returns how
/// many of the first were sent, or -1 and errno for the very first.
int sluice_send_many(
    int descriptor, const uint8_t *_Nonnull segments, size_t stride, const uint8_t *_Nonnull lengths,
    const void *_Nonnull addresses, size_t address_size, unsigned count);

/// Gives up, for good, what a process without threads may do: supplementary groups, group and user (where it is root), all
/// capabilities in all sets, new privileges by execve(2), core dumps, and that others of its user may look into it. Returns 0, or -1
/// and errno; then it may be half done, and the process must end.
int sluice_give_up_privileges(uint32_t user, uint32_t group);

/// Lets the calling thread, and those that it starts, only read what lies below `paths`, of all files, and neither bind nor connect by
/// TCP (Landlock, as far as the kernel has it). Paths that are not there are left out. Returns Landlock's version, 0 where the kernel
/// has none, or -1 and errno.
int sluice_restrict_files(const char *_Nonnull const *_Nonnull paths, unsigned count);
