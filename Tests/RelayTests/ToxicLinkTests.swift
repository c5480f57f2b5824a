import NIOCore
import Testing

@testable import Relay

@Suite("Toxics of one direction, in virtual time")
struct ToxicLinkTests {
    private static let millisecond: UInt64 = 1_000_000
    private var generator = SystemRandomNumberGenerator()

    private func toxic(_ kind: ToxicKind, _ numbers: [String: Int64], number: Int = 1, version: Int = 0) -> Toxic {
        var toxic = Toxic(
            name: "t\(number)", kind: kind, direction: .downstream, toxicity: 1,
            attributes: ToxicAttributes(numbers: numbers), number: number)
        toxic.version = version
        return toxic
    }

    private func bytes(_ text: String, at milliseconds: UInt64 = 0) -> LinkItem {
        .bytes(ByteBuffer(string: text), since: milliseconds * Self.millisecond)
    }

    private func text(_ output: ToxicLink.Output) -> [String] {
        output.items.map { item in
            switch item {
            case .bytes(let buffer, _): String(buffer: buffer)
            case .end: "end"
            }
        }
    }

    @Test("RELAY-1 latency keeps the order, and the end comes after the bytes")
    mutating func latency() {
        var link = ToxicLink()
        link.setToxics([toxic(.latency, ["latency": 100])], now: 0, using: &generator)
        link.take(bytes("a"))
        link.take(bytes("b", at: 10))
        link.take(.end)
        var output = link.advance(now: 99 * Self.millisecond, using: &generator)
        #expect(text(output) == [] && output.timer == 100 * Self.millisecond)
        output = link.advance(now: 100 * Self.millisecond, using: &generator)
        #expect(text(output) == ["a"] && output.timer == 110 * Self.millisecond)
        #expect(text(link.advance(now: 110 * Self.millisecond, using: &generator)) == ["b", "end"])
        #expect(link.buffered == 0)
    }

    @Test("RELAY-1 bandwidth sends pieces of 100 ms; a rate of 0 stops the stream")
    mutating func bandwidth() {
        var link = ToxicLink()
        link.setToxics([toxic(.bandwidth, ["rate": 1])], now: 0, using: &generator)
        link.take(bytes(String(repeating: "x", count: 250)))
        var sizes: [Int] = []
        for step in 1...25 {
            let output = link.advance(now: UInt64(step) * 10 * Self.millisecond, using: &generator)
            sizes += output.items.map(\.count)
        }
        #expect(sizes == [100, 100, 50])
        link.setToxics([toxic(.bandwidth, ["rate": 0], version: 1)], now: 0, using: &generator)
        link.take(bytes("y"))
        let output = link.advance(now: 1 << 60, using: &generator)
        #expect(output.items.isEmpty && output.timer == nil && link.buffered == 1)
    }

    @Test("RELAY-1 limit_data ends with its last byte, after the toxics behind it")
    mutating func limitData() {
        var link = ToxicLink()
        link.setToxics(
            [toxic(.limitData, ["bytes": 3]), toxic(.latency, ["latency": 50], number: 2)], now: 0, using: &generator)
        link.take(bytes("abcdef"))
        var output = link.advance(now: 0, using: &generator)
        #expect(text(output) == [])
        output = link.advance(now: 50 * Self.millisecond, using: &generator)
        #expect(text(output) == ["abc"])
        #expect(
            link.advance(now: 50 * Self.millisecond, using: &generator).verdict == .close || output.verdict == .close)
    }

    @Test("RELAY-1 reset_peer counts from the moment it is set, without a byte")
    mutating func resetPeer() {
        var link = ToxicLink()
        link.setToxics([toxic(.resetPeer, ["timeout": 5])], now: 1_000, using: &generator)
        let output = link.advance(now: 1_000, using: &generator)
        #expect(output.verdict == nil && output.timer == 1_000 + 5 * Self.millisecond)
        #expect(link.advance(now: 1_000 + 5 * Self.millisecond, using: &generator).verdict == .reset)
    }

    @Test("RELAY-1 what a removed toxic held goes on; the removal of timeout closes")
    mutating func removal() {
        var link = ToxicLink()
        let (first, second) = (toxic(.latency, ["latency": 1_000]), toxic(.latency, ["latency": 2_000], number: 2))
        link.setToxics([first, second], now: 0, using: &generator)
        link.take(bytes("held"))
        _ = link.advance(now: 0, using: &generator)
        link.setToxics([second], now: 0, using: &generator)
        #expect(text(link.advance(now: 2_000 * Self.millisecond, using: &generator)) == ["held"])
        link.setToxics([toxic(.timeout, ["timeout": 0], number: 3)], now: 0, using: &generator)
        link.setToxics([], now: 0, using: &generator)
        #expect(link.advance(now: 0, using: &generator).verdict == .close)
    }

    @Test("RELAY-1 the chain loses no byte and changes no order, whatever the pieces")
    mutating func pieces() {
        for _ in 0..<50 {
            var link = ToxicLink()
            link.setToxics(
                [
                    toxic(.slicer, ["average_size": 7, "size_variation": 3, "delay": 1]),
                    toxic(.latency, ["latency": 3, "jitter": 3], number: 2),
                    toxic(.bandwidth, ["rate": 100], number: 3),
                ], now: 0, using: &generator)
            let data = String((0..<500).map { Character(UnicodeScalar(UInt8(65 + $0 % 26))) })
            link.take(bytes(data))
            link.take(.end)
            var (now, got) = (UInt64(0), "")
            while !got.hasSuffix("end") {
                let output = link.advance(now: now, using: &generator)
                got += text(output).joined()
                #expect(got.hasSuffix("end") || output.timer != nil)
                now = output.timer ?? now
            }
            #expect(got == data + "end" && link.buffered == 0)
        }
    }
}
