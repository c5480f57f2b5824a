@testable import SluiceResilience
import Testing

/// Frames against bytes that were written by hand from docs/resume-protocol.md.
@Suite("Frames")
struct FrameTests {
    private static let stream = bytes(
        """
        00 00 00 00 03  61 62 63               # data: abc
        01 00 00 00 08  00 00 00 00 00 00 01 02 # acknowledgement: 258
        04 00 00 00 00                          # ping
        05 00 00 00 00                          # pong
        00 00 00 00 01  64                      # data: d
        02 00 00 00 00                          # FIN
        03 00 00 00 00                          # RST
        06 00 00 00 01  01                      # close: patience
        """)

    /// What a decoder reads, with the bytes of successive data joined.
    private func decode(_ chunks: [ArraySlice<UInt8>]) throws -> [String] {
        var decoder = FrameDecoder()
        var read: [String] = []
        for chunk in chunks {
            try Array(chunk).withUnsafeBytes { buffer in
                var position = 0
                while let frame = try decoder.next(buffer, &position) {
                    if case .data(let range) = frame {
                        let text = String(decoding: buffer[range], as: UTF8.self)
                        if let last = read.last, last.hasPrefix("data ") {
                            read[read.count - 1] = last + text
                        } else {
                            read.append("data \(text)")
                        }
                    } else {
                        read.append("\(frame)")
                    }
                }
                #expect(position == buffer.count)
            }
        }
        return read
    }

    private static let expected = [
        "data abc", "acknowledgement(258)", "ping", "pong", "data d", "finish", "reset",
        "close(SluiceResilience.StreamCause.patience)",
    ]

    @Test("RESUME-2 all frames are read from the bytes of the document")
    func documented() throws {
        #expect(try decode([Self.stream[...]]) == Self.expected)
    }

    @Test("RESUME-2 frames are the same however their bytes arrive: cut at every two places, and one by one")
    func chunks() throws {
        let all = Self.stream[...]
        for first in 0...all.count {
            for second in first...all.count {
                #expect(try decode([all[..<first], all[first..<second], all[second...]]) == Self.expected)
            }
        }
        #expect(try decode(all.indices.map { all[$0...$0] }) == Self.expected)
    }

    @Test(
        "RESUME-2 frames that lie about their length, and unknown ones, are refused",
        arguments: [
            "00 00 00 00 00",  // data without bytes
            "00 00 02 00 01",  // data: one more than 131,072
            "00 ff ff ff ff", "01 00 00 00 07", "01 00 00 00 09", "01 ff ff ff ff", "02 00 00 00 01", "03 00 00 00 01",
            "04 00 00 00 01", "05 00 00 00 01", "06 00 00 00 00", "06 00 00 00 02", "07 00 00 00 00",
            "ff 00 00 00 00",
            "06 00 00 00 01 0b",  // a close without a known cause
            "06 00 00 00 01 ff",
        ])
    func refused(text: String) {
        #expect(throws: StreamCause.protocolError) { try decode([bytes(text)[...]]) }
        // One by one: at the latest with the last byte.
        #expect(throws: StreamCause.protocolError) { try decode(bytes(text).map { [$0] }) }
    }

    @Test("RESUME-2 the longest data frame is read without being kept")
    func longest() throws {
        var frame = bytes("00 00 02 00 00")
        frame += [UInt8](repeating: 0x78, count: 131_072)
        let read = try decode([frame[..<1000], frame[1000...]])
        #expect(read.map(\.utf8.count) == [131_072 + 5])
    }
}
