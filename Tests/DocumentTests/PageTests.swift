import Foundation
import Lab
import TestSupport
import Testing

/// Runs the commands of the tutorial and the how-tos exactly as the pages show them.
@Suite struct PageTests {
    private static let pages = ["docs/tutorial.md"] + Pages.pages(in: "docs/how-to")
    private static let prefix = "page"
    /// How many blocks of all pages may be skipped, because they install packages or start services.
    private static let mostNotRun = 12

    @Test("every command of a page prints what the page shows", arguments: pages)
    func commands(path: String) async throws {
        let page = try CommandPage(try Pages.text(path))
        let blocks = page.blocks.filter { $0.notRun == nil }
        if blocks.isEmpty { return }
        try await Seats.labs.taken {
            try Lab.downAbandoned(prefix: Self.prefix)
            let number = Self.pages.firstIndex(of: path) ?? 0
            let lab = "\(Self.prefix)-\(getpid())-\(number)"
            do {
                try await run(blocks, of: path, lab: lab)
                try Lab.down(name: lab)
            } catch {
                try? Lab.down(name: lab)
                throw error
            }
        }
    }

    private func run(_ blocks: [CommandPage.Block], of path: String, lab: String) async throws {
        let place = TemporaryDirectory()
        var driver = "cd '\(place.path)/work'\n"
        for (number, block) in blocks.enumerated() {
            try Data((Self.renamed(block.script, to: lab) + "\n").utf8).write(
                to: URL(fileURLWithPath: "\(place.path)/script-\(number)"))
            // In the same shell, so that the next block has the variables, the directory and the background programs.
            // Every command must succeed, not only the last one, unless the page says otherwise.
            let trap =
                block.exit == 0
                ? "trap 'echo \"$BASH_COMMAND\" >>\"\(place.path)/failed-\(number)\"' ERR" : "trap - ERR"
            driver += """
                \(trap)
                . '\(place.path)/script-\(number)' >'\(place.path)/output-\(number)' 2>&1
                echo $? >'\(place.path)/exit-\(number)'

                """
        }
        let work = "\(place.path)/work"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        try Data(driver.utf8).write(to: URL(fileURLWithPath: "\(place.path)/driver"))
        let programs = URL(fileURLWithPath: try SluiceBinary.path()).deletingLastPathComponent().path
        let own = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let shell = try ChildProcess(
            ["bash", "\(place.path)/driver"],
            environment: [
                "PATH": "\(programs):\(own):/usr/sbin:/sbin", "HOME": work, "SLUICE_GATEWAY": lab, "LC_ALL": "C.UTF-8",
                "NO_COLOR": "1",
            ])
        let exit = await shell.waitForExit(within: .seconds(120))
        // All processes that the shell started are in its session.
        kill(-shell.identifier, SIGKILL)
        _ = await shell.waitForExit(within: .seconds(5))
        for (number, block) in blocks.enumerated() {
            let read = { (name: String) in
                (try? String(contentsOfFile: "\(place.path)/\(name)-\(number)", encoding: .utf8)) ?? ""
            }
            let printed = Self.renamed(read("output"), from: lab)
            let code = Int32(read("exit").trimmingCharacters(in: .newlines))
            #expect(
                code == block.exit,
                "\(path):\(block.line) ends with \(code.map(String.init) ?? "nothing") (\(exit.map { "\($0)" } ?? "ended")): \(printed)"
            )
            #expect(read("failed") == "", "\(path):\(block.line): these commands fail: \(read("failed")) \(printed)")
            if code == nil { return }
            if let output = block.output {
                #expect(
                    CommandPage.matches(printed, expected: output),
                    "\(path):\(block.line) prints:\n\(printed)\nthe page shows:\n\(output)")
            }
        }
    }

    /// Replaces the lab's usual name by this test's name, except in the path of the folder of all labs.
    private static func renamed(_ text: String, to lab: String) -> String {
        text.replacing("/var/lib/sluice-lab/", with: "\u{0}").replacing("sluice-lab", with: lab)
            .replacing("\u{0}", with: "/var/lib/sluice-lab/")
    }

    private static func renamed(_ text: String, from lab: String) -> String { text.replacing(lab, with: "sluice-lab") }

    @Test("skipped blocks have a reason, and there are few")
    func notRun() throws {
        var left = 0
        for path in Self.pages {
            let page = try CommandPage(try Pages.text(path))
            for block in page.blocks {
                guard let reason = block.notRun else { continue }
                left += 1
                #expect(reason.split(separator: " ").count >= 4, "\(path):\(block.line): '\(reason)' is not a reason")
            }
        }
        #expect(left <= Self.mostNotRun)
    }

    @Test("the tutorial and each how-to have commands that are run")
    func hasCommands() throws {
        for path in Self.pages where path != "docs/how-to/use-the-page.md" {
            let page = try CommandPage(try Pages.text(path))
            #expect(page.blocks.contains { $0.notRun == nil }, "\(path)")
        }
    }

    @Test("the reader of pages finds commands, exit codes, outputs and reasons")
    func reader() throws {
        let text = """
            <!-- not run: it needs a network -->
            ```sh
            a
            ```
            ```sh exit=3
            b
            c
            ```
            ```output
            d ... e
            ...
            ```
            ```yaml
            f
            ```
            """
        let blocks = try CommandPage(text).blocks
        #expect(blocks.map(\.script) == ["a", "b\nc"])
        #expect(blocks.map(\.notRun) == ["it needs a network", nil])
        #expect(blocks.map(\.exit) == [0, 3] && blocks[1].output == "d ... e\n...")
        #expect(throws: CommandPage.Problem.self) { try CommandPage("```output\nx\n```") }
    }

    @Test("the output is compared with what a page shows")
    func comparison() {
        let cases: [(printed: String, expected: String, isSame: Bool)] = [
            ("a  b\nc", "a b\nc", true), ("a\nc", "a", false), ("a\nb\nc", "a\n...", true), ("a\nb\nc", "...\nc", true),
            ("a\nb\nc", "a\n...\nb\n...", true), ("a\nb\nc", "...\nd\n...", false),
            ("id 7 tcp ok", "id ... tcp ok", true),
            ("id 7 udp ok", "id ... tcp ok", false), ("xa", "a...", false), ("a", "a...", true), ("", "...", true),
        ]
        for (printed, expected, isSame) in cases {
            #expect(CommandPage.matches(printed, expected: expected) == isSame, "\(printed) / \(expected)")
        }
    }

    @Test("the lab of a page gets the test's name, and the folder of all labs keeps its name")
    func names() {
        let text =
            "sluice lab up --name sluice-lab; cat /var/lib/sluice-lab/sluice-lab/state/sluice-lab/x /run/sluice/sluice-lab"
        let own = Self.renamed(text, to: "p-1")
        #expect(own == "sluice lab up --name p-1; cat /var/lib/sluice-lab/p-1/state/p-1/x /run/sluice/p-1")
        #expect(Self.renamed("gateway p-1", from: "p-1") == "gateway sluice-lab")
    }
}
