import FlowCore
import Foundation
import Testing

@Suite struct DropReasonTests {
    @Test("OPS-1 BAD-10 the README's table of drop reasons has each reason of the code once, and no other")
    func table() throws {
        let readme = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("README.md")
        let lines = try String(contentsOf: readme, encoding: .utf8).split(separator: "\n")
        let heading = try #require(lines.firstIndex(of: "### Why a packet is dropped"))
        let rows = lines[heading...].drop { !$0.hasPrefix("| reason |") }.dropFirst(2).prefix { $0.hasPrefix("| `") }
        let names = rows.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
        #expect(names.sorted() == DropReason.allCases.map(\.name).sorted())
    }
}
