// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Judging by the policy image that is active. Include it in one C file, behind the maps.
#pragma once

#include "FlowLayout.h"
#include "maps.bpf.h"

/// KernelProgram/Classify.swift.
extern void sluice_classify_by_image(const void *image, struct sluice_classification *question);

/// Answers a question by the active policy image. A function of its own, not inlined, so that the verifier's work for it adds to
/// the caller's instead of multiplying with it. The caller must take an answer that was not given (the return value is not 0) for
/// a denial.
__attribute__((noinline)) int sluice_classify(struct sluice_classification *question) {
    if (!question)
        return -1;
    __u32 zero = 0;
    const struct sluice_runtime *runtime = bpf_map_lookup_elem(&sluice_runtime, &zero);
    if (!runtime)
        return -1;
    // Read once: the whole packet is judged by one image (NSG-8).
    __u32 active = *(const volatile __u32 *)&runtime->activePolicy & 1;
    const struct sluice_policy_memory *image = bpf_map_lookup_elem(&sluice_policies, &active);
    if (!image)
        return -1;
    sluice_classify_by_image(image, question);
    return 0;
}

/// Answers a question of a process: `policy explain`, and tests. What it says is what a packet would meet.
SEC("syscall") int sluice_explain(struct sluice_classification *question) {
    struct sluice_classification copy = *question;
    int result = sluice_classify(&copy);
    *question = copy;
    return result;
}
