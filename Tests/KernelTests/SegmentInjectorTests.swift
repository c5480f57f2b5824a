import FlowLayout
import Glibc
import Testing

@testable import Kernel

@Suite("Injected segments", .onTheKernel, .serialized)
struct SegmentInjectorTests {
    /// 203.0.113.7, which is an address of no host here.
    private static let spoofed4: UInt32 = 0xCB00_7107
    private static let spoofed6: UInt64 = 0x2001_0DB8_FFFF_0000

    private static let peer4 = sluice_address(high: 0, low: 0xFFFF_C000_0202)
    private static let peer6 = sluice_address(high: 0x2001_0DB8_0000_0000, low: 2)

    /// A TCP segment from the spoofed address, with a number in the sequence field.
    private func segment4(_ number: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]
        bytes += Self.spoofed4.bigEndianBytes + [192, 0, 2, 2]
        return bytes + tcp(number)
    }

    private func segment6(_ number: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [0x60, 0, 0, 0, 0, 20, 6, 64]
        bytes += Self.spoofed6.bigEndianBytes + UInt64(7).bigEndianBytes
        bytes += UInt64(0x2001_0DB8_0000_0000).bigEndianBytes + UInt64(2).bigEndianBytes
        return bytes + tcp(number)
    }

    /// RST|ACK from port 443 to 50000. Its checksum is arbitrary, and nothing on the path may change it.
    private func tcp(_ number: UInt32) -> [UInt8] {
        [0x01, 0xBB, 0xC3, 0x50] + number.bigEndianBytes + [0, 0, 0, 9, 0x50, 0x14, 0, 0, 0xAB, 0xCD, 0, 0]
    }

    @Test("RST-3 RSTs with spoofed source addresses are sent unchanged, over IPv4 and IPv6, many at once")
    func spoofed() throws {
        let (here, there) = (try UnnamedNetworkNamespace(), try UnnamedNetworkNamespace())
        try here.run {
            try KernelMachine.ip("link add left type veth peer name right netns \(there.path)")
            try KernelMachine.ip("address add 192.0.2.1/24 dev left")
            try KernelMachine.ip("address add 2001:db8::1/64 dev left nodad")
            try KernelMachine.ip("link set left up")
        }
        try there.run {
            try KernelMachine.ip("address add 192.0.2.2/24 dev right")
            try KernelMachine.ip("address add 2001:db8::2/64 dev right nodad")
            try KernelMachine.ip("link set right up")
        }
        // Until a neighbour is known, the kernel keeps no more than some 256 packets for it.
        try here.run {
            let arguments = ["-n", "-c", "1", "-w", "10", "2001:db8::2"]
            try #require(try Command.run("ping", arguments, package: "iputils-ping").status == 0)
        }
        let capture = try there.run { try PacketSocket() }
        let count = 1500
        var batch = RawSegmentBatch()
        for number in 0..<UInt32(count) {
            for (family, bytes) in [(UInt8(4), segment4(number)), (6, segment6(number))] {
                let destination = family == 4 ? Self.peer4 : Self.peer6
                batch.append(family: family, destination: destination) { buffer in
                    buffer.copyBytes(from: bytes)
                    return bytes.count
                }
            }
        }
        batch.append(family: 4, destination: Self.peer4) { _ in 0 }
        #expect(batch.count == 2 * count)
        let outcome = try here.run { try SegmentInjector().send(batch) }
        #expect(outcome == SegmentInjector.Outcome(sent: 2 * count, failed: 0, firstErrorNumber: 0))

        var seen4: Set<UInt32> = []
        var seen6: Set<UInt32> = []
        let deadline = MonotonicClock.nanoseconds() + 5_000_000_000
        while seen4.count < count || seen6.count < count, MonotonicClock.nanoseconds() < deadline {
            guard let packet = capture.receive(milliseconds: 100), packet.count >= 40 else { continue }
            if packet[0] >> 4 == 4, packet[9] == 6, Array(packet[12..<16]) == Self.spoofed4.bigEndianBytes {
                let number = UInt32(bigEndianBytes: packet[24..<28])
                #expect(Array(packet[20..<40]) == tcp(number))
                #expect(packet[8] == 64 && packet[6] == 0x40, "TTL 64 and DF as written")
                #expect(ones(packet[0..<20]) == 0xFFFF, "the header's checksum is valid")
                seen4.insert(number)
            } else if packet[0] >> 4 == 6, packet.count >= 60, packet[6] == 6,
                Array(packet[8..<16]) == Self.spoofed6.bigEndianBytes
            {
                let number = UInt32(bigEndianBytes: packet[44..<48])
                #expect(packet == segment6(number))
                seen6.insert(number)
            }
        }
        #expect(seen4.count == count)
        #expect(seen6.count == count)
    }

    @Test("segments without a route are counted with the reason, and the others are sent")
    func noRoute() throws {
        let outcome = try UnnamedNetworkNamespace().run {
            try KernelMachine.ip("link set lo up")
            var batch = RawSegmentBatch()
            for last in [UInt64(0xFFFF_C000_0202), 0xFFFF_7F00_0001, 0xFFFF_C000_0203] {
                let bytes = segment4(1)
                batch.append(family: 4, destination: sluice_address(high: 0, low: last)) { buffer in
                    buffer.copyBytes(from: bytes)
                    return bytes.count
                }
            }
            return try SegmentInjector().send(batch)
        }
        #expect(outcome == SegmentInjector.Outcome(sent: 1, failed: 2, firstErrorNumber: ENETUNREACH))
        #expect(outcome.failure == "Network is unreachable")
    }

    /// The sum of RFC 1071.
    private func ones(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum: UInt32 = 0
        for index in stride(from: bytes.startIndex, to: bytes.endIndex, by: 2) {
            sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return sum
    }
}

/// Receives every IP packet that enters the network namespace in which it was created.
private final class PacketSocket {
    private let number: Int32

    init() throws {
        // AF_PACKET, SOCK_DGRAM: from the IP header on; ETH_P_ALL.
        number = socket(17, Int32(SOCK_DGRAM.rawValue), Int32(UInt16(0x0003).bigEndian))
        try #require(number >= 0, "a packet socket needs CAP_NET_RAW")
        var size: Int32 = 32 << 20
        setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
    }

    deinit { close(number) }

    func receive(milliseconds: Int32) -> [UInt8]? {
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = recv(number, &bytes, bytes.count, 0)
        return count < 0 ? nil : Array(bytes.prefix(count))
    }
}

extension FixedWidthInteger {
    fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension UInt32 {
    fileprivate init(bigEndianBytes bytes: ArraySlice<UInt8>) { self = bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
