import Foundation
import PackagePlugin

/// Passes the files of the page, and the API's document, to the target as Swift source, with `Plugins/embed-page.sh`.
@main
struct EmbedPage: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) async throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "Plugins/embed-page.sh")
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedFiles.swift")
        let folder = root.appending(path: "Sources/API/Page")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        let inputs = (files?.allObjects as? [URL] ?? []).filter { !$0.hasDirectoryPath }.sorted {
            $0.path() < $1.path()
        }
        return [
            .buildCommand(
                displayName: "Embedding the page",
                executable: URL(fileURLWithPath: "/bin/sh"),
                arguments: [script.path(), folder.path(), output.path()],
                inputFiles: [script] + inputs,
                outputFiles: [output])
        ]
    }
}
