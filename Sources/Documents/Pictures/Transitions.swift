import Foundation

/// The transitions between the states of an enumeration, as the comments of its cases say: "Can transition to: `closed`, `ending` (…)."
struct Transitions {
    struct Transition: Hashable {
        var from: String
        var to: String
    }

    enum Problem: Error, CustomStringConvertible {
        case noSource(String)
        case noTransitions(String)

        var description: String {
            switch self {
            case .noSource(let name): "no file below the given folder has the enumeration \(name)"
            case .noTransitions(let state): "the comment of \(state) does not say 'Can transition to: `…`'"
            }
        }
    }

    private(set) var all: [Transition] = []

    /// - Parameters:
    ///   - name: of the enumeration.
    ///   - folder: where its file is, at any depth.
    init(of name: String, in folder: URL) throws {
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        var lines: [Substring] = []
        for path in paths.sorted() where path.hasSuffix(".swift") && lines.isEmpty {
            let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            lines = Self.lines(of: name, in: text)
        }
        guard !lines.isEmpty else { throw Problem.noSource(name) }
        var comment = ""
        for line in lines {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("///") {
                comment += text.dropFirst(3)
            } else if text.hasPrefix("case ") {
                let state = String(text.dropFirst(5).prefix { $0.isLetter })
                guard let list = comment.components(separatedBy: "Can transition to:").dropFirst().first else {
                    throw Problem.noTransitions(state)
                }
                // What stands in brackets says when, and may have names in it as well.
                var depth = 0
                let outside = list.filter { character in
                    if character == "(" { depth += 1 }
                    if character == ")" { depth -= 1 }
                    return depth == 0 && character != ")"
                }
                let names = outside.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                all += names.filter { $0.offset % 2 == 1 }.map { Transition(from: state, to: String($0.element)) }
                comment = ""
            } else {
                comment = ""
            }
        }
    }

    /// What stands between an enumeration's first line and its last one; nothing where it is not there.
    private static func lines(of name: String, in text: String) -> [Substring] {
        let lines = text.split(separator: "\n")
        let isFirst = { (line: Substring) in line.contains("enum \(name):") || line.contains("enum \(name) {") }
        guard let first = lines.firstIndex(where: isFirst) else { return [] }
        let indent = lines[first].prefix { $0 == " " }
        return Array(lines[(first + 1)...].prefix { $0 != indent + "}" })
    }
}
