// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Judging by the policy image that is active. Include it in one C file, behind the maps.
#pragma once

#include "FlowLayout.h"
#include "KernelFunctions.h"
#include "maps.bpf.h"

// KernelProgram/Classify.swift.
int32_t sluice_classify_body(struct sluice_classification *question, uint32_t active);
void sluice_evaluate_body(const void *image, uint32_t set, struct sluice_classification *question);
uint32_t sluice_group_set_body(const void *image, uint32_t offset);

/// The number of the rule set that stands at an offset of the zones' directory; 0: none.
__attribute__((always_inline)) uint32_t sluice_group_set(uint32_t active, uint32_t offset) {
    active &= 1;
    const struct sluice_policy_memory *image = bpf_map_lookup_elem(&sluice_policies, &active);
    return image ? sluice_group_set_body(image, offset) : 0;
}

/// Answers a question by one rule set. A function of its own, not inlined, so that the verifier walks it once for the three calls.
__attribute__((noinline)) int sluice_evaluate(struct sluice_classification *question, uint32_t active, uint32_t set) {
    if (!question) return -1;
    active &= 1;
    const struct sluice_policy_memory *image = bpf_map_lookup_elem(&sluice_policies, &active);
    if (!image) return -1;
    sluice_evaluate_body(image, set, question);
    return 0;
}

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
    // Read once: the whole packet, through all rule sets, is judged by one image (NSG-8).
    return sluice_classify_body(question, *(const volatile __u32 *)&runtime->activePolicy & 1);
}

/// Answers a question of a process: `policy explain`, and tests. What it says is what a packet would meet.
SEC("syscall") int sluice_explain(struct sluice_classification *question) {
    struct sluice_classification copy = *question;
    int result = sluice_classify(&copy);
    *question = copy;
    return result;
}
