import Foundation
import Policy
import Testing

@testable import sluice_documents

/// The generated part of `docs` is the program's current output.
@Suite struct ReferenceTests {
    private static func generated() throws -> [GeneratedDocument] {
        try GeneratedDocument.all(root: Pages.root, commands: try CommandTree.ofProgram())
    }

    @Test("OPS-1 OPS-3 the reference and the pictures are the program's current output")
    func reference() throws {
        for document in try Self.generated() {
            let text = (try? Pages.text(document.path)) ?? ""
            let lines = zip(document.text.split(separator: "\n"), text.split(separator: "\n"))
            let first = lines.first { $0 != $1 }.map { "it has '\($1)', the program writes '\($0)'" } ?? "its length"
            #expect(
                text == document.text,
                "\(document.path) differs from the program's output (\(first)): run \(GeneratedDocument.command)")
        }
    }

    @Test("every page that says it is generated is generated")
    func nothingStale() throws {
        let made = Set(try Self.generated().map(\.path))
        let pages = try Pages.pages(in: "docs").filter {
            try Pages.text($0).contains("Made by \(GeneratedDocument.command)")
        }
        let images = try FileManager.default.contentsOfDirectory(
            atPath: Pages.root.appendingPathComponent("docs/images").path)
        let modules = try FileManager.default.contentsOfDirectory(
            atPath: Pages.root.appendingPathComponent("Sources/API/Page/assets").path
        ).map { "Sources/API/Page/assets/\($0)" }.filter {
            $0.hasSuffix(".js") && (try? Pages.text($0).contains("Made by \(GeneratedDocument.command)")) == true
        }
        #expect(Set(pages + modules + images.filter { $0.hasSuffix(".svg") }.map { "docs/images/\($0)" }) == made)
    }

    @Test(
        "OPS-3 the program's parser accepts each example of the configuration, and every key has one",
        arguments: ConfigurationReference.Place.allCases)
    func examples(place: ConfigurationReference.Place) throws {
        let example = ConfigurationExamples.text(place)
        let file = (example.contains("zones:") ? "" : ConfigurationExamples.zones) + example + "\n"
        #expect(throws: Never.self) { try Configuration.parse(file, file: "example of \(place.rawValue)") }
        for key in ConfigurationReference.keys where key.place == place {
            #expect(example.contains("\(key.name):"), "the example of '\(place.rawValue)' lacks \(key.name)")
        }
    }

    @Test("OPS-3 the example of a whole file is valid")
    func whole() throws {
        let configuration = try Configuration.parse(ConfigurationExamples.whole + "\n", file: "whole")
        #expect(configuration.zones.count == 2)
    }

    @Test("the reader of transitions skips names in brackets, and every state must have transitions")
    func transitions() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("transitions-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = """
            enum Light {
                /// Stop. Can transition to: `green` (not `red`), `off`.
                case red = 0
                /// Can transition to: `red`.
                case green
            }
            """
        let file = folder.appendingPathComponent("Light.swift")
        try Data(text.utf8).write(to: file)
        let all = try Transitions(of: "Light", in: folder).all.map { "\($0.from)>\($0.to)" }
        #expect(all == ["red>green", "red>off", "green>red"])
        try Data("enum Light {\n    case red\n}\n".utf8).write(to: file)
        #expect(throws: Transitions.Problem.self) { try Transitions(of: "Light", in: folder) }
    }
}
