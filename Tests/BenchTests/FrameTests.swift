import Lab
import Testing

@testable import sluice_bench

@Suite("Frames")
struct FrameTests {
    private let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: Frame.strideBytes)

    /// The packet in a frame, starting with the IP header.
    private func packet(
        _ kind: Frame.Kind, _ direction: Frame.Direction, version: IPVersion = .four, _ write: (Frame) -> Void
    ) -> [UInt8] {
        let frame = Frame(
            at: memory, kind, direction: direction, version: version, destination: [1, 2, 3, 4, 5, 6],
            source: [7, 8, 9, 10, 11, 12])
        write(frame)
        let start = 10 + 14
        return (start..<10 + kind.frameBytes(version)).map { memory[$0] }
    }

    private func sum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum: UInt32 = 0
        for (offset, byte) in bytes.enumerated() { sum += offset % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte) }
        while sum > 0xFFFF { sum = sum >> 16 + sum & 0xFFFF }
        return sum
    }

    @Test("the IP header's checksum is correct for every session", arguments: [0, 1, 65535, 65536, 999_999, 1 << 28])
    func headerChecksum(number: Int) {
        defer { memory.deallocate() }
        let flow = Flow(number: number)
        #expect(sum(packet(.data, .fromClient) { $0.writeData(flow, segment: number) }[..<20]) == 0xFFFF)
        #expect(sum(packet(.synAck, .fromService) { $0.writeSynAck(flow) }[..<20]) == 0xFFFF)
        #expect(sum(packet(.datagram, .fromClient) { $0.writeDatagram(flow) }[..<20]) == 0xFFFF)
    }

    @Test("the TCP checksum's field holds the pseudo header's sum, to be completed")
    func partialChecksum() {
        defer { memory.deallocate() }
        let bytes = packet(.data, .fromClient) { $0.writeData(Flow(number: 77_777), segment: 3) }
        let pseudoHeader = Array(bytes[12..<20]) + [0, 6, 0, UInt8(bytes.count - 20)]
        #expect(UInt32(bytes[36]) << 8 | UInt32(bytes[37]) == sum(pseudoHeader[...]))
    }

    @Test("a segment over IPv6 has the lengths, addresses and pseudo header's sum of IPv6")
    func six() {
        defer { memory.deallocate() }
        let bytes = packet(.data, .fromService, version: .six) { $0.writeData(Flow(number: 1 << 20), segment: 3) }
        #expect(bytes.count == 40 + 26 && Array(bytes[..<8]) == [0x60, 0, 0, 0, 0, 26, 6, 64])
        #expect(Array(bytes[8..<14]) == [0x20, 0x01, 0x0D, 0xB8, 0, 3] && bytes[23] == 0x10)
        #expect(Array(bytes[24..<28]) == [0xFD, 0, 0, 1] && bytes[39] == 0x10)
        #expect(UInt32(bytes[56]) << 8 | UInt32(bytes[57]) == sum((bytes[8..<40] + [0, 6, 0, 26])[...]))
    }

    @Test("both directions of a session have the same addresses and ports, exchanged")
    func directions() {
        defer { memory.deallocate() }
        let flow = Flow(number: 123_456)
        let there = packet(.syn, .fromClient) { $0.writeSyn(flow) }
        let back = packet(.synAck, .fromService) { $0.writeSynAck(flow) }
        #expect(there[12..<16] == back[16..<20] && there[16..<20] == back[12..<16])
        #expect(Array(there[20..<22]) == Array(back[22..<24]) && Array(there[22..<24]) == Array(back[20..<22]))
    }

    @Test("a data frame has Ethernet's minimum size")
    func size() {
        memory.deallocate()
        #expect(Frame.Kind.data.frameBytes + 4 == 64)
    }

    @Test("sessions of different numbers have different 5-tuples")
    func distinctFlows() {
        memory.deallocate()
        let numbers = Array(0..<70_000) + [1 << 26, 1 << 28, 1 << 28 + 1 << 24]
        #expect(Set(numbers.map { "\(Flow(number: $0).address):\(Flow(number: $0).port)" }).count == numbers.count)
    }
}
