// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The fields of the kernel's structs that the program reads. The compiler records each access, and libbpf puts in the
// offsets of the running kernel (CO-RE). So only names and types matter here, not the order.
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
    __u64 id;
};

struct cgroup {
    struct kernfs_node *kn;
};

struct sock_cgroup_data {
    struct cgroup *cgroup;
};

struct ns_common {
    unsigned int inum;
};

struct netns_ipv4 {
    int sysctl_tcp_keepalive_time;
    int sysctl_tcp_keepalive_intvl;
};

struct net {
    struct ns_common ns;
    struct netns_ipv4 ipv4;
};

typedef struct {
    struct net *net;
} possible_net_t;

struct in6_addr {
    union {
        __u8 u6_addr8[16];
    } in6_u;
};

struct sock_common {
    __be32 skc_daddr;
    __be32 skc_rcv_saddr;
    __be16 skc_dport;
    __u16 skc_num;
    unsigned short skc_family;
    volatile unsigned char skc_state;
    possible_net_t skc_net;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
    unsigned long skc_flags;
};

struct inode {
    unsigned long i_ino;
};

struct socket {
    short type;
};

struct socket_alloc {
    struct socket socket;
    struct inode vfs_inode;
};

struct sock {
    struct sock_common __sk_common;
    struct socket *sk_socket;
    struct sock_cgroup_data sk_cgrp_data;
};

struct inet_sock {
    struct sock sk;
};

struct inet_connection_sock {
    struct inet_sock icsk_inet;
    struct {
        __u32 lrcvtime;
    } icsk_ack;
};

struct tcp_sock {
    struct inet_connection_sock inet_conn;
    __u32 lsndtime;
    __u32 rcv_tstamp;
    unsigned int keepalive_time;
    unsigned int keepalive_intvl;
    __u8 keepalive_probes;
};

struct seq_file {
    int unused_here;
};

struct bpf_iter_meta {
    struct seq_file *seq;
};

struct bpf_iter__tcp {
    struct bpf_iter_meta *meta;
    struct sock_common *sk_common;
    __u32 uid;
};

#pragma clang attribute pop
