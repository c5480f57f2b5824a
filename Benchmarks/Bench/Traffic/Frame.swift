import CFrames
import Lab

/// A TCP segment or a UDP datagram in an Ethernet frame, in memory for sending. The parts that all frames of a kind
/// share are written once.
///
/// A segment's TCP checksum is left to be completed, like that of every segment of a local socket, and counts as
/// verified by the network card: no CPU sums up the payload. The checksum of the IP header is correct.
struct Frame {
    enum Direction { case fromClient, fromService }

    enum Kind {
        case syn, synAck, acknowledgment, data
        case datagram

        var payloadBytes: Int { self == .data ? Frame.payloadBytes : 0 }
        var transportBytes: Int { self == .datagram ? 8 : 20 }
        var frameBytes: Int { frameBytes(.four) }

        func frameBytes(_ version: IPVersion) -> Int {
            14 + Frame.headerBytes(version) + transportBytes + payloadBytes
        }

        fileprivate var flags: UInt8 {
            switch self {
            case .syn: 0x02
            case .synAck: 0x12
            case .acknowledgment: 0x10
            case .data: 0x18
            case .datagram: 0
            }
        }
    }

    /// A data segment has 64 bytes with the frame check sequence, the minimum of Ethernet.
    static let payloadBytes = 6
    static let strideBytes = 128
    /// Initial sequence numbers.
    private static let clientInitial: UInt32 = 1000
    private static let serviceInitial: UInt32 = 5000
    /// Data continues through this many segments and then starts again, so that it stays within the window.
    private static let segmentsInWindow = 8192

    private static let ip = Int(BENCH_FRAME_PREFIX) + 14

    fileprivate static func headerBytes(_ version: IPVersion) -> Int { version == .four ? 20 : 40 }

    let bytes: UnsafeMutablePointer<UInt8>
    private let isSix: Bool
    /// Offset of the TCP or UDP header.
    private let transport: Int
    private let direction: Direction
    private let pseudoHeaderSum: UInt32
    private let ipHeaderSum: UInt32

    /// Writes the common part of all frames of a kind. All IPv6 frames have the address of the client's host, whatever
    /// the flow.
    init(
        at bytes: UnsafeMutablePointer<UInt8>, _ kind: Kind, direction: Direction, version: IPVersion = .four,
        destination: [UInt8], source: [UInt8]
    ) {
        self.bytes = bytes
        self.direction = direction
        isSix = version == .six
        transport = Self.ip + Self.headerBytes(version)
        bytes.update(repeating: 0, count: Self.strideBytes)
        let ethernet = Int(BENCH_FRAME_PREFIX)
        for index in 0..<6 {
            bytes[ethernet + index] = destination[index]
            bytes[ethernet + 6 + index] = source[index]
        }
        let transportBytes = UInt16(kind.transportBytes + kind.payloadBytes)
        let number: UInt8 = kind == .datagram ? 17 : 6
        let isFromClient = direction == .fromClient
        Self.store(Flow.servicePort, at: bytes + transport + (isFromClient ? 2 : 0))
        if isSix {
            bytes[ethernet + 12] = 0x86
            bytes[ethernet + 13] = 0xDD
            bytes[Self.ip] = 0x60
            Self.store(transportBytes, at: bytes + Self.ip + 4)
            bytes[Self.ip + 6] = number
            bytes[Self.ip + 7] = 64
            let ends = isFromClient ? [Flow.client6, Flow.service6] : [Flow.service6, Flow.client6]
            var addresses: UInt32 = 0
            for (index, word) in (ends[0] + ends[1]).enumerated() {
                Self.store(word, at: bytes + Self.ip + 8 + 2 * index)
                addresses += UInt32(word)
            }
            pseudoHeaderSum = addresses + UInt32(number) + UInt32(transportBytes)
            ipHeaderSum = 0
        } else {
            bytes[ethernet + 12] = 0x08
            let total = transportBytes + 20
            bytes[Self.ip] = 0x45
            Self.store(total, at: bytes + Self.ip + 2)
            bytes[Self.ip + 6] = 0x40
            bytes[Self.ip + 8] = 64
            bytes[Self.ip + 9] = number
            Self.store(Flow.service, at: bytes + Self.ip + (isFromClient ? 16 : 12))
            let addresses = Flow.service >> 16 + Flow.service & 0xFFFF
            pseudoHeaderSum = addresses + UInt32(number) + UInt32(transportBytes)
            ipHeaderSum = addresses + 0x4500 + UInt32(total) + 0x4000 + 0x4000 + UInt32(number)
        }
        if kind == .datagram {
            Self.store(transportBytes, at: bytes + transport + 4)
            return
        }
        // struct virtio_net_hdr: VIRTIO_NET_HDR_F_NEEDS_CSUM, from the TCP header on, stored in its checksum field.
        bytes[0] = 1
        bytes[6] = UInt8(14 + Self.headerBytes(version))
        bytes[8] = 16
        bytes[transport + 12] = 0x50
        bytes[transport + 13] = kind.flags
        Self.store(UInt16(65535), at: bytes + transport + 14)
    }

    /// Writes a SYN from the client.
    @inline(__always)
    func writeSyn(_ flow: Flow) {
        write(flow, sequence: Self.clientInitial, acknowledgment: 0)
    }

    /// Writes the service's SYN-ACK.
    @inline(__always)
    func writeSynAck(_ flow: Flow) {
        write(flow, sequence: Self.serviceInitial, acknowledgment: Self.clientInitial &+ 1)
    }

    /// Writes the client's ACK that completes the handshake, or its data segment with this number.
    @inline(__always)
    func writeData(_ flow: Flow, segment: Int) {
        let offset = (segment & (Self.segmentsInWindow - 1)) * Self.payloadBytes
        write(
            flow, sequence: Self.clientInitial &+ 1 &+ UInt32(truncatingIfNeeded: offset),
            acknowledgment: Self.serviceInitial &+ 1)
    }

    /// Writes a datagram from the client, without a UDP checksum (RFC 768).
    @inline(__always)
    func writeDatagram(_ flow: Flow) {
        _ = writeAddresses(flow)
    }

    @inline(__always)
    private func write(_ flow: Flow, sequence: UInt32, acknowledgment: UInt32) {
        let part = writeAddresses(flow)
        Self.store(sequence, at: bytes + transport + 4)
        Self.store(acknowledgment, at: bytes + transport + 8)
        Self.store(Self.fold(pseudoHeaderSum &+ part), at: bytes + transport + 16)
    }

    /// Returns the contribution of the address to the pseudo header's sum.
    @inline(__always)
    private func writeAddresses(_ flow: Flow) -> UInt32 {
        let isFromClient = direction == .fromClient
        Self.store(flow.port, at: bytes + transport + (isFromClient ? 0 : 2))
        if isSix { return 0 }
        let address = flow.address
        Self.store(address, at: bytes + Self.ip + (isFromClient ? 12 : 16))
        let part = address >> 16 &+ address & 0xFFFF
        Self.store(~Self.fold(ipHeaderSum &+ part), at: bytes + Self.ip + 10)
        return part
    }

    @inline(__always)
    private static func fold(_ sum: UInt32) -> UInt16 {
        let once = sum >> 16 &+ sum & 0xFFFF
        return UInt16(truncatingIfNeeded: once >> 16 &+ once)
    }

    /// Stores a number in network order.
    @inline(__always)
    private static func store<Value: FixedWidthInteger>(_ value: Value, at place: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(place).storeBytes(of: value.bigEndian, as: Value.self)
    }
}
