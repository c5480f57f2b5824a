// SPDX-License-Identifier: Apache-2.0
//
// libbpf, and the few things around it that Swift's Glibc module does not show: variadic functions, netlink macros, statfs.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
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
