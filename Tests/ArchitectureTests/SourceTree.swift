import Foundation
import Testing

/// A file of the repository.
struct SourceFile: CustomTestStringConvertible, Sendable {
    let path: String
    /// The module that the file belongs to: the folder below Sources, Tests or the like.
    let room: String
    let text: String

    var name: Substring { path.split(separator: "/").last ?? "" }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var imports: [String] { path.hasSuffix(".swift") ? importedModules(text) : [] }
    var testDescription: String { path }
}

/// The current files of the repository.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The Swift and C files in some folders. Links to other files are skipped.
    static func files(in folders: [String] = ["Sources", "KernelProgram", "SocketProgram"]) throws -> [SourceFile] {
        var files: [SourceFile] = []
        for folder in folders {
            let base = root.appending(path: folder)
            for case let path as String in try #require(FileManager.default.enumerator(atPath: base.path())) {
                let url = base.appending(path: path)
                guard ["swift", "c", "h"].contains(url.pathExtension),
                    try FileManager.default.attributesOfItem(atPath: url.path())[.type] as? FileAttributeType
                        == .typeRegular
                else { continue }
                let room = folder.hasSuffix("Program") ? folder : String(path.split(separator: "/")[0])
                files.append(
                    SourceFile(
                        path: folder + "/" + path, room: room, text: try String(contentsOf: url, encoding: .utf8)))
            }
        }
        return files.sorted { $0.path < $1.path }
    }
}
