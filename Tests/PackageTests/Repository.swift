import Foundation
import Lab
import Testing

/// The files of the repository, for tests of the shipped files.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    /// The output of a program that succeeds.
    static func output(_ command: String...) async throws -> String {
        let result = try await ChildProcess(command).result(within: .seconds(120))
        try #require(result.exit == .code(0), "\(command.joined(separator: " ")): \(result.allOutput)")
        return result.output
    }

    /// Writes files into a folder, given as content by name.
    static func write(_ files: [String: String], into folder: String) throws {
        for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    }
}
