import Foundation
@testable import SluiceResilience
import Testing

/// docs/resume-protocol.md has the numbers of the code.
@Suite("Protocol document")
struct ProtocolDocumentTests {
    private let text: String

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "docs/resume-protocol.md"), encoding: .utf8)
    }

    /// The cells of a table's rows, by its first heading cells.
    private func table(_ heading: String) -> [[String]] {
        let lines = text.components(separatedBy: "\n")
        guard let first = lines.firstIndex(where: { $0.hasPrefix("| \(heading) |") }) else { return [] }
        return lines[(first + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The bytes of the examples: lines that begin with hexadecimal pairs, and end with words after two spaces.
    private func example(after heading: String) -> [UInt8] {
        let part =
            text.components(separatedBy: "## \(heading)").dropFirst().joined()
            .components(separatedBy: "```").dropFirst().first ?? ""
        return part.split(separator: "\n").flatMap { line -> [UInt8] in
            let words = line.split(separator: " ")
            return words.prefix { $0.count == 2 && UInt8($0, radix: 16) != nil }.compactMap { UInt8($0, radix: 16) }
        }
    }

    @Test("RESUME-2 statuses and causes of the document are those of the code")
    func codes() {
        let statuses = table("status | name").map { "\($0[0]) \($0[1])" }
        #expect(statuses == StreamStatus.allCases.map { "\($0.rawValue) \($0)" })
        let causes = table("cause | name").map { "\($0[0]) \($0[1])" }
        #expect(causes == StreamCause.allCases.map { "\($0.rawValue) \($0)" })
    }

    @Test("RESUME-2 frame types and their lengths are those of the code")
    func frames() throws {
        let rows = table("type | name")
        #expect(rows.count == 7)
        for row in rows {
            let type = try #require(UInt8(row[0]).flatMap { FrameType(rawValue: $0) })
            #expect("\(type)" == row[1])
            let lengths = row[2].components(separatedBy: " to ").compactMap { Int($0) }
            #expect(
                [type.lengths.lowerBound, type.lengths.upperBound] == (lengths.count == 1 ? lengths + lengths : lengths)
            )
        }
        #expect(FrameType(rawValue: 7) == nil)
    }

    @Test("RESUME-2 the fields of hello and welcome follow each other without gaps")
    func fields() {
        for (heading, length) in [("113", Hello.fixedBytes), ("28", Welcome.bytes)] {
            let lines = text.components(separatedBy: "\n")
            guard let last = lines.firstIndex(where: { $0.hasPrefix("| \(heading) | ") }) else {
                Issue.record("no row \(heading)")
                continue
            }
            var offset = length == Hello.fixedBytes ? length : length - 32
            for line in lines[...last].reversed().prefix(while: { $0.hasPrefix("| ") && !$0.hasPrefix("| offset") }) {
                let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                #expect(Int(cells[0]) == offset, "\(line)")
                // The row before ends where this one begins.
                let before = lines[..<(lines.firstIndex(of: line) ?? 0)].last ?? ""
                let bytes = before.split(separator: "|").dropFirst().first.flatMap {
                    Int($0.trimmingCharacters(in: .whitespaces))
                }
                offset -= bytes ?? offset
            }
            #expect(offset == 0)
        }
    }

    @Test("RESUME-2 the examples are the bytes that the code writes")
    func examples() {
        #expect(example(after: "Hello:") == HelloWelcomeTests.newHello)
        #expect(example(after: "Welcome:") == HelloWelcomeTests.welcomeBytes)
        #expect(
            example(after: "Frames:")
                == Segment.data("abc").encoded + Segment.ack(258).encoded + Segment.finish.encoded
                + Segment.close(.done).encoded)
    }

    @Test("RESUME-2 the limits are those of the code")
    func limits() {
        let limits = StreamLimits()
        let patience = ClientStream.Patience()
        func seconds(_ duration: Duration) -> String { "\(duration.components.seconds) s" }
        let milliseconds = limits.acknowledgeAfter.components.attoseconds / 1_000_000_000_000_000
        let expected = [
            [
                "buffer, which is also the window",
                "\(limits.bufferBytes) bytes; \(StreamLimits.bufferRange.lowerBound) to \(StreamLimits.bufferRange.upperBound)",
            ],
            ["data in a frame", "\(FrameType.maximumData) bytes"],
            ["acknowledgement at the latest after", "\(limits.acknowledgeBytes) bytes, \(milliseconds) ms"],
            ["keep-alive after", seconds(limits.keepAliveInterval)], ["silence", seconds(limits.silence)],
            ["answer", seconds(limits.answerWithin)], ["handshake", seconds(limits.handshake)],
            ["linger after a RST", seconds(limits.resetLinger)], ["patience", seconds(patience.resume)],
            ["patience to begin", seconds(patience.begin)], ["patience to close", seconds(patience.close)],
            ["longest pause", seconds(patience.longestPause)],
            ["retention beyond the patience", seconds(ServerStream.retentionMargin)],
        ]
        #expect(table("limit | value") == expected)
    }
}
