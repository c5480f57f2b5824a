import Foundation
import PackagePlugin

/// Writes the commit of the build into a separate source file, with `Plugins/stamp-commit.sh`.
///
/// It runs again when the repository's HEAD moves. It also runs when a source changes, because the text also says
/// whether the sources are those of the commit. The file is written only if the text has changed, which costs the
/// compilation of that file and a link. (A prebuild command is not an alternative: with a cached plan it does not run.)
@main
struct StampCommit: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) async throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "Plugins/stamp-commit.sh")
        let output = context.pluginWorkDirectoryURL.appending(path: "BuildCommit.swift")
        let sources = ["Sources", "KernelProgram", "Plugins"].flatMap { files(below: root.appending(path: $0)) }
        return [
            .buildCommand(
                displayName: "Asking git for the commit",
                executable: URL(fileURLWithPath: "/bin/sh"),
                arguments: [script.path(), root.path(), output.path()],
                inputFiles: [root.appending(path: "Package.swift")] + sources + repositoryFiles(root),
                outputFiles: [output])
        ]
    }

    /// The files that change whenever HEAD moves; none outside of a repository.
    private func repositoryFiles(_ root: URL) -> [URL] {
        var folder = root.appending(path: ".git")
        // In a worktree it is a file: `gitdir: PATH`.
        if let text = try? String(contentsOf: folder, encoding: .utf8), text.hasPrefix("gitdir: ") {
            let path = text.dropFirst("gitdir: ".count).prefix { $0 != "\n" }
            folder = URL(fileURLWithPath: String(path), relativeTo: root)
        }
        return ["HEAD", "logs/HEAD"].map { folder.appending(path: $0) }
            .filter { FileManager.default.fileExists(atPath: $0.path()) }
    }

    private func files(below folder: URL) -> [URL] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.allObjects as? [URL] ?? [])
            .filter { ["swift", "c", "h", "sh", "modulemap"].contains($0.pathExtension) }
            .sorted { $0.path() < $1.path() }
    }
}
