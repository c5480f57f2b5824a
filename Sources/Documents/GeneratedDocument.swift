import Foundation

/// A file that is generated from the program: of `docs`, or of the page of the API.
struct GeneratedDocument: Equatable {
    /// From the root of the repository.
    var path: String
    var text: String

    /// The command that rewrites all of them.
    static let command = "./docs/generate"

    /// - Parameters:
    ///   - root: the root of the repository: some pictures are read from sources, such as the states' transitions in
    ///     comments.
    ///   - commands: the command line's own description.
    static func all(root: URL, commands: CommandTree) throws -> [GeneratedDocument] {
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
            GeneratedDocument(path: "Sources/API/Page/assets/drop-reasons.js", text: ReasonPages.dropModule),
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

    private static func page(_ name: String, _ text: String) -> GeneratedDocument {
        GeneratedDocument(path: "docs/reference/\(name).md", text: text)
    }

    private static func picture(_ name: String, _ drawing: Drawing) -> GeneratedDocument {
        GeneratedDocument(path: "docs/images/\(name).svg", text: drawing.svg)
    }
}
