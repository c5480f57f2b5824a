import Foundation
import PackagePlugin

/// Compiles the packet path (FlowCore and KernelProgram/) and the socket program (SocketCore and SocketProgram/) to eBPF
/// with `KernelProgram/compile.sh`, and passes the objects to the target as Swift source.
@main
struct CompileKernelProgram: BuildToolPlugin {
    /// A program: its folder, the folder of the layout that it shares with processes, and further Swift sources.
    private static let programs = [
        (folder: "KernelProgram", layout: "Sources/FlowLayout", more: ["Sources/FlowCore"]),
        (folder: "SocketProgram", layout: "Sources/SocketLayout", more: ["Sources/SocketCore"]),
    ]

    func createBuildCommands(context: PluginContext, target: any Target) async throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "KernelProgram/compile.sh")
        return Self.programs.map { program in
            let output = context.pluginWorkDirectoryURL.appending(path: "Compiled\(program.folder).swift")
            let inputs = ([program.folder, program.layout] + program.more).flatMap { folder in
                sources(below: root.appending(path: folder))
            }
            return .buildCommand(
                displayName: "Compiling \(program.folder) to eBPF",
                executable: URL(fileURLWithPath: "/bin/sh"),
                arguments: [
                    script.path(), root.path(), context.pluginWorkDirectoryURL.path(), output.path(), program.folder,
                    program.layout,
                ] + program.more,
                inputFiles: inputs + [script],
                outputFiles: [output])
        }
    }

    private func sources(below folder: URL) -> [URL] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.allObjects as? [URL] ?? [])
            .filter { ["swift", "c", "h", "sh", "modulemap"].contains($0.pathExtension) }
            .sorted { $0.path() < $1.path() }
    }
}
