import Foundation
import Lab
import TestSupport
import Testing

@testable import sluice

/// The manual pages that the package builds.
@Suite struct ManualTests {
    /// A command in the argument parser's description of the program.
    private struct Command: Decodable {
        let commandName: String
        let shouldDisplay: Bool?
        let subcommands: [Command]?
        let arguments: [Argument]?

        struct Argument: Decodable {
            let valueName: String?
            let shouldDisplay: Bool?
        }

        /// The pages of this command and its subcommands, with the words that each must contain.
        func pages(_ path: String = "") -> [String: [String]] {
            guard shouldDisplay ?? true, !(path == "sluice" && commandName == "help") else { return [:] }
            let name = path.isEmpty ? commandName : "\(path)-\(commandName)"
            let words = (arguments ?? []).filter { $0.shouldDisplay ?? true }.compactMap(\.valueName)
            var pages = [name: words.filter { !["help", "version"].contains($0) }]
            for command in subcommands ?? [] { pages.merge(command.pages(name)) { first, _ in first } }
            return pages
        }
    }

    private struct Dump: Decodable { let command: Command }

    /// Builds all pages, and returns the parser's description.
    private func make(into folder: String) async throws -> Dump {
        let sluice = try SluiceBinary.path()
        let dump = try await Repository.output(sluice, "--experimental-dump-help")
        let schema = try await Repository.output(sluice, "config", "schema")
        try Repository.write(["help.json": dump, "schema.json": schema], into: folder)
        let manual = "\(Repository.root)/packaging/man"
        let pages = try FileManager.default.contentsOfDirectory(atPath: manual).filter { $0.hasSuffix(".in") }
        let command =
            [
                "python3", "\(manual)/manual.py", "--help-dump", "\(folder)/help.json", "--schema",
                "\(folder)/schema.json",
            ]
            + ["--version", "1.2.3", "--date", "2026-03-01", "--output", "\(folder)/man"]
            + pages.map { "\(manual)/\($0)" }
        let result = try await ChildProcess(command).result(within: .seconds(60))
        try #require(result.exit == .code(0), "\(result.allOutput)")
        return try JSONDecoder().decode(Dump.self, from: Data(dump.utf8))
    }

    @Test("PKG-1 every command has a manual page with all its options, and mandoc reports no finding")
    func pages() async throws {
        let place = TemporaryDirectory()
        let wanted = try await make(into: place.path).command.pages()
        #expect(wanted.count > 50)
        for (name, words) in wanted {
            let text = try String(contentsOfFile: "\(place.path)/man/\(name).8", encoding: .utf8)
            // Each option is in the list of options, not only in the synopsis.
            let items = text.split(separator: "\n").filter { $0.hasPrefix(".It ") }
            for word in words {
                let escaped = word.replacingOccurrences(of: "-", with: "\\-")
                #expect(items.contains { $0.contains(escaped) }, "\(name): \(word)")
            }
        }
        for name in ["sluice.service.8", "sluice.yaml.5"] {
            #expect(FileManager.default.fileExists(atPath: "\(place.path)/man/\(name)"), "\(name)")
        }
        // Referenced pages of other packages need not be installed here.
        let lint = try await ChildProcess([
            "sh", "-c",
            "cd \(place.path)/man && mandoc -T lint -W warning *.[58] | grep -v 'referenced manual not found'",
        ]).result(within: .seconds(60))
        #expect(lint.output == "", "\(lint.output)")
    }

    @Test("PKG-1 every page that another page references exists")
    func references() async throws {
        let place = TemporaryDirectory()
        _ = try await make(into: place.path)
        let made = Set(try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/man"))
        for name in made {
            let text = try String(contentsOfFile: "\(place.path)/man/\(name)", encoding: .utf8)
            for match in text.matches(of: /\.(?:Xr|It Xr) (sluice[a-z.-]*) (\d)/) {
                #expect(made.contains("\(match.1).\(match.2)"), "\(name) refers to \(match.1)(\(match.2))")
            }
        }
    }

    @Test("PKG-4 the service's page says for each step of the package's life what is forwarded")
    func steps() throws {
        let page = try Repository.text("packaging/man/sluice.service.8.in")
        let steps = page.components(separatedBy: ".Ss What is forwarded, step by step")[1].components(
            separatedBy: ".Ss ")[0]
        for step in [
            "installed", "enable --now", "reload", "restart", "upgrade", "killed", "kill \\-\\-signal=KILL",
            "stop sluice",
            "boots", "apt remove", "apt purge",
        ] {
            #expect(
                steps.contains(step) || steps.contains(step.replacingOccurrences(of: "\\-", with: "-")), "\(step)")
        }
    }
}
