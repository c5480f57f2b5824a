// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The thin C side of the socket program: entry points, helper calls, and the reading of the kernel's structs, whose
// offsets the compiler records. Swift code (SocketProgram/*.swift) converts and decides.

#include "kernel_types.bpf.h"

#include "SocketFunctions.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
    FAMILY_IPV4 = 2,
    FAMILY_IPV6 = 10,
    LEVEL_SOCKET = 1,
    LEVEL_TCP = 6,
    OPTION_KEEP_ALIVE = 9,
    OPTION_IDLE = 4,
    OPTION_INTERVAL = 5,
    OPTION_COUNT = 6,
    /// SOCK_KEEPOPEN of include/net/sock.h
    FLAG_KEEP_ALIVE = 3,
};

// Swift bodies.
void sluice_fill_socket_body(const struct sluice_raw_socket *raw, struct sluice_socket *record);
void sluice_keep_alive_body(const struct sluice_raw_socket *raw, struct sluice_keep_alive *keepAlive);
uint32_t sluice_decide_body(
    const struct sluice_raw_socket *raw, const struct sluice_keep_alive_order *order, struct sluice_keep_alive *chosen);
uint32_t sluice_may_change_body(uint32_t state, uint32_t changesListeners);

/// The sockets to change, by cookie.
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, uint64_t);
    __type(value, struct sluice_socket_change);
} sluice_changes SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, uint32_t);
    __type(value, struct sluice_guard_state);
} sluice_guard_map SEC(".maps");

// MARK: Reading

static inline uint32_t network_of(const struct sock_common *common) {
    return common->skc_net.net->ns.inum;
}

static inline void read_ends(const struct sock_common *common, struct sluice_socket *record) {
    record->localPort = common->skc_num;
    record->remotePort = bpf_ntohs(common->skc_dport);
    record->network = network_of(common);
    record->state = common->skc_state;
    if (common->skc_family == FAMILY_IPV6) {
        record->family = 6;
        bpf_probe_read_kernel(record->localAddress, 16, &common->skc_v6_rcv_saddr);
        bpf_probe_read_kernel(record->remoteAddress, 16, &common->skc_v6_daddr);
    } else {
        record->family = 4;
        const uint32_t local = common->skc_rcv_saddr;
        const uint32_t remote = common->skc_daddr;
        record->localAddress[10] = record->localAddress[11] = 0xFF;
        record->remoteAddress[10] = record->remoteAddress[11] = 0xFF;
        __builtin_memcpy(record->localAddress + 12, &local, 4);
        __builtin_memcpy(record->remoteAddress + 12, &remote, 4);
    }
}

static inline uint64_t inode_of(struct socket *socket) {
    if (!socket) return 0;
    struct socket_alloc *whole = (struct socket_alloc *)socket;
    return BPF_CORE_READ(whole, vfs_inode.i_ino);
}

static inline uint64_t cgroup_of(struct sock *sock) {
    if (!bpf_core_field_exists(sock->sk_cgrp_data.cgroup)) return 0;
    return BPF_CORE_READ(sock, sk_cgrp_data.cgroup, kn, id);
}

/// What needs no helper of a program's own.
static inline void read_fields(const struct tcp_sock *tcp, struct sluice_raw_socket *raw) {
    const struct sock_common *common = &tcp->inet_conn.icsk_inet.sk.__sk_common;
    const struct net *net = common->skc_net.net;
    raw->isOn = common->skc_flags >> FLAG_KEEP_ALIVE & 1;
    raw->ownIdle = tcp->keepalive_time;
    raw->ownInterval = tcp->keepalive_intvl;
    raw->ownCount = tcp->keepalive_probes;
    raw->systemIdle = net->ipv4.sysctl_tcp_keepalive_time;
    raw->systemInterval = net->ipv4.sysctl_tcp_keepalive_intvl;
    raw->sent = tcp->lsndtime;
    raw->received = tcp->inet_conn.icsk_ack.lrcvtime;
    raw->acknowledged = tcp->rcv_tstamp;
}

/// Reads or sets the three values: on a socket in an iterator, on the context of a sockops program.
#define READ_VALUES(holder, raw)                                                                                       \
    ({                                                                                                                 \
        int idle = 0, interval = 0, count = 0;                                                                         \
        bpf_getsockopt(holder, LEVEL_TCP, OPTION_IDLE, &idle, sizeof(idle));                                           \
        bpf_getsockopt(holder, LEVEL_TCP, OPTION_INTERVAL, &interval, sizeof(interval));                               \
        bpf_getsockopt(holder, LEVEL_TCP, OPTION_COUNT, &count, sizeof(count));                                        \
        (raw)->idle = idle;                                                                                            \
        (raw)->interval = interval;                                                                                    \
        (raw)->count = count;                                                                                          \
    })

/// SO_KEEPALIVE comes last, so that its timer starts with the new values. Returns 0, or not 0 if the kernel refuses one.
#define SET_VALUES(holder, values)                                                                                     \
    ({                                                                                                                 \
        int idle = (values)->idle, interval = (values)->interval, count = (values)->count, on = 1;                     \
        bpf_setsockopt(holder, LEVEL_TCP, OPTION_IDLE, &idle, sizeof(idle)) |                                          \
            bpf_setsockopt(holder, LEVEL_TCP, OPTION_INTERVAL, &interval, sizeof(interval)) |                          \
            bpf_setsockopt(holder, LEVEL_TCP, OPTION_COUNT, &count, sizeof(count)) |                                   \
            bpf_setsockopt(holder, LEVEL_SOCKET, OPTION_KEEP_ALIVE, &on, sizeof(on));                                  \
    })

// MARK: Entry points

/// Writes a record of each TCP socket of the reader's network namespace.
SEC("iter/tcp")
int sluice_list_sockets(struct bpf_iter__tcp *context) {
    struct sock_common *common = context->sk_common;
    if (!common) return 0;
    struct sluice_socket record;
    __builtin_memset(&record, 0, sizeof(record));
    read_ends(common, &record);
    record.user = context->uid;
    record.sinceSent = record.sinceReceived = record.sinceAcknowledged = SLUICE_TIME_UNKNOWN;
    struct tcp_sock *tcp = bpf_skc_to_tcp_sock(common);
    if (tcp) {
        struct sluice_raw_socket raw;
        __builtin_memset(&raw, 0, sizeof(raw));
        read_fields(tcp, &raw);
        READ_VALUES(tcp, &raw);
        raw.now = (uint32_t)bpf_jiffies64();
        record.isWhole = 1;
        record.cookie = bpf_get_socket_cookie(tcp);
        record.inode = inode_of(tcp->inet_conn.icsk_inet.sk.sk_socket);
        record.cgroup = cgroup_of(&tcp->inet_conn.icsk_inet.sk);
        sluice_fill_socket_body(&raw, &record);
    }
    bpf_seq_write(context->meta->seq, &record, sizeof(record));
    return 0;
}

/// Changes those of the map's sockets that it meets in the reader's network namespace. Writes results into the map, not
/// to the reader: a record that does not fit is asked for again, and the socket would have been changed by then.
SEC("iter/tcp")
int sluice_change_sockets(struct bpf_iter__tcp *context) {
    struct sock_common *common = context->sk_common;
    if (!common) return 0;
    struct tcp_sock *tcp = bpf_skc_to_tcp_sock(common);
    if (!tcp) return 0;
    uint64_t cookie = bpf_get_socket_cookie(tcp);
    struct sluice_socket_change *change = bpf_map_lookup_elem(&sluice_changes, &cookie);
    if (!change || change->outcome != SLUICE_CHANGE_GONE) return 0;
    if (!sluice_may_change_body(common->skc_state, change->changesListeners)) {
        change->outcome = SLUICE_CHANGE_NOT_CONNECTED;
        return 0;
    }
    struct sluice_raw_socket raw;
    __builtin_memset(&raw, 0, sizeof(raw));
    read_fields(tcp, &raw);
    READ_VALUES(tcp, &raw);
    struct sluice_keep_alive_order order = change->order;
    struct sluice_keep_alive chosen;
    uint32_t outcome = sluice_decide_body(&raw, &order, &chosen);
    sluice_keep_alive_body(&raw, &change->before);
    if (outcome == SLUICE_CHANGE_DONE && SET_VALUES(tcp, &chosen) != 0) outcome = SLUICE_CHANGE_REFUSED;
    read_fields(tcp, &raw);
    READ_VALUES(tcp, &raw);
    sluice_keep_alive_body(&raw, &change->after);
    change->outcome = outcome;
    return 0;
}

/// Sets keep-alive on a cgroup's new connections, those that it opens and those that it accepts.
SEC("sockops")
int sluice_guard_connections(struct bpf_sock_ops *context) {
    if (context->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && context->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) return 1;
    uint32_t zero = 0;
    struct sluice_guard_state *state = bpf_map_lookup_elem(&sluice_guard_map, &zero);
    struct bpf_sock *sock = context->sk;
    if (!state || !sock) return 1;
    struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sock);
    if (!tcp) return 1;
    struct sluice_raw_socket raw;
    __builtin_memset(&raw, 0, sizeof(raw));
    read_fields(tcp, &raw);
    READ_VALUES(context, &raw);
    struct sluice_keep_alive_order order = state->order;
    struct sluice_keep_alive chosen;
    __sync_fetch_and_add(&state->seen, 1);
    if (sluice_decide_body(&raw, &order, &chosen) != SLUICE_CHANGE_DONE) return 1;
    if (SET_VALUES(context, &chosen) == 0) __sync_fetch_and_add(&state->changed, 1);
    return 1;
}
