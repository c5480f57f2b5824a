// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "FlowLayout.h"
#include "maps.bpf.h"
extern uint32_t sluice_judge(uint32_t length);
SEC("tc") int sluice_ingress(struct __sk_buff *skb) { return sluice_judge(skb->len) ? 0 : 2; }
char _license[] SEC("license") = "Dual BSD/GPL";
