// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Classification by the active policy image. Include it in one C file, after the maps.
#pragma once

#include "FlowLayout.h"
#include "KernelFunctions.h"
#include "maps.bpf.h"

// KernelProgram/Classify.swift.
int32_t sluice_classify_body(struct sluice_classification *question, uint32_t active);
void sluice_evaluate_body(const void *image, uint32_t set, struct sluice_classification *question);
uint32_t sluice_group_set_body(const void *image, uint32_t offset);

/// The number of the rule set at an offset of the zones' directory; 0: none.
__attribute__((always_inline)) uint32_t sluice_group_set(uint32_t active, uint32_t offset) {
    active &= 1;
    const struct sluice_policy_memory *image = bpf_map_lookup_elem(&sluice_policies, &active);
    return image ? sluice_group_set_body(image, offset) : 0;
}

/// Answers a question by one rule set. A separate function, not inlined, so that the verifier checks it once for the
/// three calls.
__attribute__((noinline)) int sluice_evaluate(struct sluice_classification *question, uint32_t active, uint32_t set) {
    if (!question) return -1;
    active &= 1;
    const struct sluice_policy_memory *image = bpf_map_lookup_elem(&sluice_policies, &active);
    if (!image) return -1;
    sluice_evaluate_body(image, set, question);
    return 0;
}

/// Answers a question by the active policy image. A separate function, not inlined, so that the verifier's work for it
/// adds to the caller's instead of multiplying with it. If there is no answer (the return value is not 0), the caller
/// must treat it as a denial.
__attribute__((noinline)) int sluice_classify(struct sluice_classification *question) {
    if (!question)
        return -1;
    __u32 zero = 0;
    const struct sluice_runtime *runtime = bpf_map_lookup_elem(&sluice_runtime, &zero);
    if (!runtime)
        return -1;
    // Read once: one image classifies the whole packet, through all rule sets (NSG-8).
    return sluice_classify_body(question, *(const volatile __u32 *)&runtime->activePolicy & 1);
}

/// Answers a question of a process: `policy explain`, and tests. The answer is the same as for a packet.
SEC("syscall") int sluice_explain(struct sluice_classification *question) {
    struct sluice_classification copy = *question;
    int result = sluice_classify(&copy);
    *question = copy;
    return result;
}
