import Testing

@testable import Capture

struct CaptureFileTests {
    private func packet(_ bytes: [UInt8], length: Int? = nil, comment: String = "") -> CaptureFile.Packet {
        CaptureFile.Packet(
            timeNanoseconds: 1_772_366_400_123_456_789, bytes: bytes, length: length ?? bytes.count, comment: comment)
    }

    @Test("LOOK-2 a capture is pcapng: section, interfaces once each, packets with nanoseconds, lengths and comments")
    func blocks() throws {
        var file = CaptureFile(snapLength: 128)
        var bytes = file.beginning(application: "sluice")
        // All lengths modulo 4, because bytes and comments are padded.
        let packets = (0..<8).map { count in
            packet(
                [UInt8](repeating: UInt8(count), count: 60 + count), length: 1514,
                comment: String("dropped: x".prefix(count)))
        }
        for packet in packets { bytes += file.bytes(of: packet, interface: "eth0", linkType: .ethernet) }
        bytes += file.bytes(of: packet([0x45], comment: "raw"), interface: "tun0", linkType: .raw)
        bytes += file.bytes(of: packet([1, 2]), interface: "eth0", linkType: .ethernet)
        bytes += file.end(timeNanoseconds: 1, omitted: 77)
        let read = try BlockReader(bytes)
        #expect(read.sectionOptions[4] == Array("sluice".utf8))
        #expect(read.interfaces.map(\.linkType) == [1, 101])
        #expect(read.interfaces.map(\.snapLength) == [128, 128])
        #expect(read.interfaces.map { $0.options[2] } == [Array("eth0".utf8), Array("tun0".utf8)])
        #expect(read.interfaces.allSatisfy { $0.options[9] == [9] }, "nanoseconds")
        #expect(read.packets.map(\.interface) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
        #expect(read.packets.prefix(8).map(\.bytes) == packets.map(\.bytes))
        #expect(read.packets.prefix(8).allSatisfy { $0.length == 1514 })
        #expect(read.packets.prefix(8).map(\.comment) == packets.map(\.comment))
        #expect(read.packets.allSatisfy { $0.timeNanoseconds == 1_772_366_400_123_456_789 })
        #expect(read.statistics.first?[7] == [77, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("LOOK-2 a capture without packets is a valid file")
    func empty() throws {
        let file = CaptureFile(snapLength: 128)
        let read = try BlockReader(file.beginning(application: "sluice") + file.end(timeNanoseconds: 1, omitted: 0))
        #expect(read.packets.isEmpty && read.interfaces.isEmpty)
    }
}
