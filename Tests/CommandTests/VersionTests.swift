import FoundationEssentials
import Glibc
import Lab
import Testing

@testable import Inspection
@testable import Kernel
@testable import sluice

/// The version that a binary reports.
struct VersionTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    @Test("PKG-6 sluice --version prints version, commit and layout on one line")
    func version() async throws {
        let outcome = try await ChildProcess([try SluiceBinary.path(), "--version"]).result(within: .seconds(30))
        #expect(outcome.exit == .code(0))
        let form = /sluice \d+\.\d+\.\d+, commit ([0-9a-f]{12}(-modified)?|unknown), layout \d+\n/
        #expect(outcome.output.wholeMatch(of: form) != nil, "\(outcome.output)")
        let greeting = try await ChildProcess([try SluiceBinary.path(), "binary-check"]).result(within: .seconds(30))
        #expect(greeting.output.split(separator: " ").last == outcome.output.split(separator: " ").last)
    }

    @Test("PKG-6 status --json has the version, also if the gateway is down")
    func status() throws {
        struct Answer: Decodable { let version: BinaryVersion }
        let healthy = try JSONText.of(StatusReport(Fixture.status(), version: Fixture.version))
        let version = try JSONDecoder().decode(Answer.self, from: Data(healthy.utf8)).version
        #expect(version == Fixture.version)
        let down = try JSONText.of(StatusReport(gateway: "x", health: .init(findings: []), version: .own))
        #expect(try JSONDecoder().decode(Answer.self, from: Data(down.utf8)).version == .own)
        let other = BinaryVersion(version: "1.2.2", commit: "unknown", layout: 8)
        let screen = StatusRendering.screen(
            Fixture.status(controller: .init(running: true, processIdentifier: 100, version: other)),
            version: Fixture.version)
        #expect(screen.contains("1.2.2, commit unknown, layout 8 (this command: 1.2.3, commit 0123456789ab, layout 8)"))
    }

    /// Stamps the files of a directory, and returns the commit that is written.
    private func stamp(_ directory: String, into output: String) async throws -> String {
        try await run("/bin/sh", "\(Self.root)/Plugins/stamp-commit.sh", directory, output)
        let text = try String(contentsOfFile: output, encoding: .utf8)
        return try #require(text.firstMatch(of: #/text = "(.*)"/#)).output.1.description
    }

    private func run(_ command: String...) async throws {
        let result = try await ChildProcess(command).result(within: .seconds(30))
        try #require(result.exit == .code(0), "\(command): \(result.errors)")
    }

    @Test("PKG-6 the commit: unknown outside the repository, marked if modified, written once")
    func commit() async throws {
        let place = try Place()
        let (tree, output) = ("\(place.path)/tree", "\(place.path)/output")
        try FileManager.default.createDirectory(atPath: "\(tree)/inner", withIntermediateDirectories: true)
        #expect(try await stamp(tree, into: output) == "unknown")

        let git = ["git", "-C", tree, "-c", "user.name=a", "-c", "user.email=a@b.c"]
        try Data("one".utf8).write(to: URL(fileURLWithPath: "\(tree)/file"))
        for step in [["init", "-q"], ["add", "file"], ["commit", "-q", "-m", "first"]] {
            let result = try await ChildProcess(git + step).result(within: .seconds(30))
            try #require(result.exit == .code(0), "\(result.errors)")
        }
        let head = try await ChildProcess(git + ["rev-parse", "--short=12", "HEAD"]).result(within: .seconds(30))
        let commit = head.output.trimmingSuffix { $0 == "\n" }
        #expect(try await stamp(tree, into: output) == String(commit))
        var before = stat()
        stat(output, &before)
        #expect(try await stamp(tree, into: output) == String(commit))
        var after = stat()
        stat(output, &after)
        #expect(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_ino == after.st_ino, "written again")
        #expect(try await stamp("\(tree)/inner", into: "\(place.path)/other") == "unknown", "wrong repository")

        try Data("two".utf8).write(to: URL(fileURLWithPath: "\(tree)/file"))
        #expect(try await stamp(tree, into: output) == "\(commit)-modified")
        let clean = try await ChildProcess(git + ["status", "--porcelain"]).result(within: .seconds(30))
        #expect(clean.output == " M file\n", "the tree has changed")
    }
}

extension String {
    fileprivate func trimmingSuffix(while condition: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, condition(last) { text.removeLast() }
        return text
    }
}
