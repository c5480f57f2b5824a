import Foundation

/// `sluice-documents ROOT`: rewrites what is generated below the repository's `docs`. `./docs/generate` builds and calls it.
@main
enum GenerateDocuments {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: sluice-documents ROOT\n".utf8))
            exit(64)
        }
        let root = URL(fileURLWithPath: CommandLine.arguments[1])
        for document in try GeneratedDocument.all(root: root, commands: try CommandTree.ofProgram()) {
            let file = root.appendingPathComponent(document.path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(document.text.utf8).write(to: file)
        }
    }
}
