// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the socket program (SocketProgram/) and the processes that read it share.
#pragma once

#include <stdint.h>

/// TCP keep-alive of a socket, as it takes effect. The two flags are bytes, 0 or 1.
struct sluice_keep_alive {
    /// Seconds without traffic before the first probe.
    uint32_t idle;
    /// Seconds between two probes.
    uint32_t interval;
    /// Probes without an answer after which the connection is given up.
    uint32_t count;
    /// SO_KEEPALIVE
    uint8_t isOn;
    /// Which of the three values above the application has set, as bits of `enum sluice_own_value`. The others are the
    /// system's (net.ipv4.tcp_keepalive_time, _intvl, _probes).
    uint8_t own;
    uint8_t reserved[2];
};

enum sluice_own_value {
    SLUICE_OWN_IDLE = 1,
    SLUICE_OWN_INTERVAL = 2,
    SLUICE_OWN_COUNT = 4,
};

enum {
    /// A time that the kernel does not have.
    SLUICE_TIME_UNKNOWN = 0xFFFFFFFF,
};

/// One TCP socket. Addresses are 16 bytes in network order; those of IPv4 are written as ::ffff:a.b.c.d.
struct sluice_socket {
    /// The kernel's number of the socket, unique until the next boot (SO_COOKIE).
    uint64_t cookie;
    /// The inode by which /proc/PID/fd refers to it; 0: no process has it open.
    uint64_t inode;
    /// The inode of its cgroup2 directory; 0: the kernel does not say.
    uint64_t cgroup;
    uint8_t localAddress[16];
    uint8_t remoteAddress[16];
    uint16_t localPort;
    uint16_t remotePort;
    /// The inode of its network namespace.
    uint32_t network;
    uint32_t user;
    /// Milliseconds since data was sent, data was received, and an acknowledgement was received.
    uint32_t sinceSent;
    uint32_t sinceReceived;
    uint32_t sinceAcknowledged;
    /// The kernel's number: 1 established … 12 (include/net/tcp_states.h).
    uint8_t state;
    /// 4 or 6
    uint8_t family;
    /// 1: a whole socket; 0: what is kept of one during a handshake or in TIME-WAIT, which has no keep-alive.
    uint8_t isWhole;
    uint8_t reserved[5];
    struct sluice_keep_alive keepAlive;
};

/// The keep-alive that is asked for, and what must not be changed.
struct sluice_keep_alive_order {
    uint32_t idle;
    uint32_t interval;
    uint32_t count;
    /// The idle timeout of the firewall, in seconds.
    uint32_t timeout;
    /// 1: values that the application has set may be replaced too.
    uint32_t overrides;
};

/// What was done with a socket.
enum sluice_change_outcome {
    /// The socket was not met: it was closed before.
    SLUICE_CHANGE_GONE = 0,
    SLUICE_CHANGE_DONE = 1,
    /// Its keep-alive is fast enough.
    SLUICE_CHANGE_NOT_NEEDED = 2,
    /// The application has set values of its own.
    SLUICE_CHANGE_OWN_VALUES = 3,
    /// It is being closed, or is not connected.
    SLUICE_CHANGE_NOT_CONNECTED = 4,
    /// The kernel refused a value.
    SLUICE_CHANGE_REFUSED = 5,
};

/// One socket to change, by its cookie; the program writes the result.
struct sluice_socket_change {
    struct sluice_keep_alive_order order;
    uint32_t outcome;
    struct sluice_keep_alive before;
    struct sluice_keep_alive after;
    /// 1: also when it listens. Connections that it accepts inherit the values.
    uint32_t changesListeners;
    uint32_t reserved;
};

/// The settings of a guard for the new connections of a cgroup, and what it did.
struct sluice_guard_state {
    struct sluice_keep_alive_order order;
    uint32_t reserved;
    /// Connections that it looked at, and those that it changed.
    uint64_t seen;
    uint64_t changed;
};
