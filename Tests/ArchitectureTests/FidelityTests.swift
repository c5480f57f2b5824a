import Foundation
import Testing

@Suite("docs/reference/fidelity.md")
struct FidelityTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("every test that the page names exists under exactly that name")
    func testsExist() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/reference/fidelity.md"), encoding: .utf8)
        let names = testNames(page)
        #expect(names.count > 25)
        let sources = try testSources()
        for name in names where !sources.contains(where: { $0.contains("\"\(name)\"") }) {
            Issue.record("docs/reference/fidelity.md names a test that does not exist: \(name)")
        }
    }

    @Test("every row names a rule and a test")
    func rowsAreProved() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/reference/fidelity.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| 2") && $0.split(separator: "|").count == 5 }
        #expect(rows.count > 20)
        for row in rows where testNames(String(row)).isEmpty { Issue.record("no test proves: \(row)") }
    }

    @Test("the reader of test names distinguishes them from keys and commands")
    func reader() {
        let text = "`IDLE-1 a` and `sluice status`, ``NSG-5 what `az` says``; `DRAIN-1 DRAIN-2 b`, `IDLE-4`"
        #expect(testNames(text) == ["NSG-5 what `az` says", "IDLE-1 a", "DRAIN-1 DRAIN-2 b"])
    }

    /// Texts in single or double backquotes that begin with a rule's identifier and have more words.
    private func testNames(_ text: String) -> [String] {
        let double = text.matches(of: /``([A-Z]+-[0-9]+ .+?)``/).map { String($0.1) }
        let rest = text.replacing(/``.+?``/, with: "")
        return double + rest.matches(of: /`([A-Z]+-[0-9]+ [^`]+)`/).map { String($0.1) }
    }

    private func testSources() throws -> [String] {
        let base = Self.root.appending(path: "Tests")
        let paths = try #require(FileManager.default.enumerator(atPath: base.path()))
        return try paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map {
            try String(contentsOf: base.appending(path: $0), encoding: .utf8)
        }
    }
}
