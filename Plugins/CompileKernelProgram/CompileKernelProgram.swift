import Foundation
import PackagePlugin

/// Compiles FlowCore and KernelProgram/ to eBPF with `KernelProgram/compile.sh`, and passes the object to the target as
/// Swift source.
@main
struct CompileKernelProgram: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) async throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "KernelProgram/compile.sh")
        let output = context.pluginWorkDirectoryURL.appending(path: "CompiledKernelProgram.swift")
        let inputs = ["KernelProgram", "Sources/FlowCore", "Sources/FlowLayout"].flatMap { folder in
            sources(below: root.appending(path: folder))
        }
        return [
            .buildCommand(
                displayName: "Compiling the packet path to eBPF",
                executable: URL(fileURLWithPath: "/bin/sh"),
                arguments: [script.path(), root.path(), context.pluginWorkDirectoryURL.path(), output.path()],
                inputFiles: inputs,
                outputFiles: [output])
        ]
    }

    private func sources(below folder: URL) -> [URL] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.allObjects as? [URL] ?? [])
            .filter { ["swift", "c", "h", "sh", "modulemap"].contains($0.pathExtension) }
            .sorted { $0.path() < $1.path() }
    }
}
