import Foundation

/// `sluice-documents ROOT`: rewrites what is generated below the repository's `docs`. `./docs/generate` builds and calls it.
@main
enum Main {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: sluice-documents ROOT\n".utf8))
            exit(64)
        }
        let root = URL(fileURLWithPath: CommandLine.arguments[1])
        for document in try Document.all(root: root, commands: try CommandTree.ofProgram()) {
            let file = root.appendingPathComponent(document.path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(document.text.utf8).write(to: file)
        }
    }
}

/// A file of `docs` that is made of what the program says.
struct Document: Equatable {
    /// From the root of the repository.
    var path: String
    var text: String

    /// What is written to rewrite all of them.
    static let command = "./docs/generate"

    /// - Parameters:
    ///   - root: of the repository: some is read from sources, as the states' transitions in their comments.
    ///   - commands: what the command line says of itself.
    static func all(root: URL, commands: CommandTree) throws -> [Document] {
        try [
            .page("configuration", ConfigurationPage.text),
            .page("commands", CommandsPage.text(commands)),
            .page("metrics", MetricsPage.text),
            .page("drop-reasons", ReasonPages.drops),
            .page("end-reasons", ReasonPages.ends),
            .page("events", EventsPage.text),
            .page("profiles", ProfilesPage.text),
            .page("limits", LimitsPage.text),
            .page("api", APIPage.text(openAPI: root.appendingPathComponent("Sources/API/Page/openapi.json"))),
            .picture("packet-path", PacketPathPicture.drawing),
            .picture(
                "session-states",
                SessionStatesPicture.drawing(
                    transitions: try Transitions(
                        of: "SessionState", in: root.appendingPathComponent("Sources/FlowCore")))
            ),
            .picture("instance-states", InstanceStatesPicture.drawing),
            .picture("drain", DrainPicture.drawing),
        ]
    }

    private static func page(_ name: String, _ text: String) -> Document {
        Document(path: "docs/reference/\(name).md", text: text)
    }

    private static func picture(_ name: String, _ drawing: Drawing) -> Document {
        Document(path: "docs/images/\(name).svg", text: drawing.svg)
    }
}
