import Foundation

/// The repository's documents.
enum Pages {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    /// Paths of all Markdown files below a folder, without hidden folders.
    static func pages(in folder: String = "") -> [String] {
        let base = folder.isEmpty ? root : root.appendingPathComponent(folder)
        let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }
            .map { folder.isEmpty ? $0 : "\(folder)/\($0)" }.sorted()
    }
}
