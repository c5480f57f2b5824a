import Foundation
import Lab
import Testing

/// The files of the repository, for tests of what is shipped.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    /// What a program prints, after it has ended well.
    static func output(_ command: String...) async throws -> String {
        let result = try await ChildProcess(command).result(within: .seconds(120))
        try #require(result.exit == .code(0), "\(command.joined(separator: " ")): \(result.everythingSaid)")
        return result.output
    }

    /// Puts files into a folder: content by name.
    static func write(_ files: [String: String], into folder: String) throws {
        for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    }
}
