// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause OR GPL-2.0-only
//
// A packet as the datapath sees it, and the headers it reads. Not shared between processes: no layout version.
#pragma once

#include "FlowLayout.h"

/// What the parser found. Only legal values get this far.
struct sluice_packet {
    struct sluice_session_key key;  // ICMP error: of the quoted packet
    uint32_t sequence;  // TCP; ICMP error: quoted
    uint32_t acknowledgment;
    uint32_t payloadLength;  // bytes above the transport header, of the whole super-packet
    uint32_t length;  // layer-3 bytes, of the whole super-packet
    uint32_t segmentLength;  // layer-3 bytes of the largest packet that it is on the wire
    uint32_t wireBytes;  // layer-3 bytes of all packets that it is on the wire
    uint32_t identification;  // of a fragment
    uint32_t slot;  // of its session, once it has one
    uint16_t wirePackets;
    uint16_t window;  // TCP, as on the wire
    uint16_t networkOffset;
    uint16_t transportOffset;
    uint16_t fragmentOffset;  // bytes; ICMP error: of the quoted fragment
    uint16_t fragmentedHeaders;  // first fragment: bytes of extension headers between the fragment header and the transport header
    uint8_t peerZone;  // of the end of the session that it goes to
    uint8_t isAnswer;  // 1: sent by its session's responder
    uint8_t reserved[2];
    uint8_t kind;  // FlowCore.PacketKind
    uint8_t flags;  // FlowCore.PacketFlags
    uint8_t tcpFlags;
    uint8_t tcpHeaderLength;  // bytes
    uint8_t windowScale;  // 0xFF: not offered
    uint8_t timeToLive;
    uint8_t icmpType;
    uint8_t zone;  // where it came in
};

/// Where a packet would go.
struct sluice_route {
    uint32_t interfaceIndex;  // outgoing
    uint8_t kind;  // FlowCore.RouteKind
    uint8_t zone;  // of the outgoing interface; 0: not a zone of this gateway
    uint8_t sourceZone;  // of the route back to the packet's source; 0: not a zone of this gateway
    uint8_t delivery;  // DELIVER_... of neighbours.bpf.h
    uint8_t destinationMac[6];
    uint8_t sourceMac[6];
    uint16_t mtu;  // of the route
    uint16_t reserved;  // route_cache.bpf.h: what the cached route depends on
};

/// RFC 791, 3.1. Fields in network order, like all headers below.
struct sluice_ipv4_header {
    uint8_t versionAndLength;
    uint8_t typeOfService;
    uint16_t totalLength;
    uint16_t identification;
    uint16_t fragment;
    uint8_t timeToLive;
    uint8_t protocol;
    uint16_t checksum;
    uint32_t source;
    uint32_t destination;
};

/// RFC 8200, 3.
struct sluice_ipv6_header {
    uint32_t versionClassFlow;
    uint16_t payloadLength;
    uint8_t nextHeader;
    uint8_t hopLimit;
    uint64_t sourceHigh, sourceLow;
    uint64_t destinationHigh, destinationLow;
};

/// RFC 9293, 3.1, without options.
struct sluice_tcp_header {
    uint16_t sourcePort;
    uint16_t destinationPort;
    uint32_t sequence;
    uint32_t acknowledgment;
    uint8_t dataOffset;
    uint8_t flags;
    uint16_t window;
    uint16_t checksum;
    uint16_t urgentPointer;
};

/// The first eight bytes of any transport header or IPv6 extension header.
struct sluice_eight_bytes {
    uint8_t byte0, byte1;
    uint16_t half1;
    uint16_t half2;
    uint16_t half3;
};

/// A walk along a chain of IPv6 extension headers (FlowCore.IPv6Extensions).
struct sluice_extension_walk {
    uint32_t offset;  // of the next header, from the beginning of the frame
    uint32_t length;  // bytes from there to the end of what the chain may reach
    uint32_t identification;  // of the fragment header
    uint16_t fragmentOffset;  // bytes
    uint16_t fragmentedHeaders;  // bytes of extension headers after the fragment header
    uint8_t protocol;  // of the header at `offset`
    uint8_t flags;  // FlowCore.ExtensionFlags
    uint8_t reserved[2];
};

/// A TCP header's options, with room so that any index below 64 is inside.
struct sluice_tcp_options {
    uint8_t bytes[64];
};

/// What the options of a TCP header say (FlowCore.TCPOptions).
struct sluice_tcp_option_values {
    uint32_t timestamp;  // TSval
    uint8_t hasTimestamp;
    uint8_t windowScale;  // 0xFF: not offered
    uint8_t isSigned;  // TCP-MD5 or TCP-AO
    uint8_t reserved;
};

SLUICE_ASSERT_SIZE(sluice_ipv4_header, 20);
SLUICE_ASSERT_SIZE(sluice_ipv6_header, 40);
SLUICE_ASSERT_SIZE(sluice_tcp_header, 20);
SLUICE_ASSERT_SIZE(sluice_eight_bytes, 8);
