import Foundation

/// The commands of a page, in order.
///
/// - A ```` ```sh ```` block is run. All blocks of a page run in one shell. `sh exit=28` gives the exit code of its last command.
/// - A ```` ```output ```` block after it is the expected output. `...` alone in a line matches any lines, within a line any text.
///   Several blanks count as one, and empty lines do not count.
/// - A block after `<!-- not run: REASON -->` is not run.
struct CommandPage {
    struct Block {
        var line: Int
        var script: String
        var exit: Int32 = 0
        /// nil: the page shows none.
        var output: String?
        /// Why it is not run. nil: it is run.
        var notRun: String?
    }

    enum Problem: Error, CustomStringConvertible {
        case outputWithoutCommands(line: Int)

        var description: String {
            switch self {
            case .outputWithoutCommands(let line): "line \(line): an output block must follow a block of commands"
            }
        }
    }

    private(set) var blocks: [Block] = []

    init(_ text: String) throws {
        var reason: String?
        var fence: (language: Substring, line: Int, lines: [Substring])?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if var open = fence {
                if line.hasPrefix("```") {
                    try add(open.language, open.lines.joined(separator: "\n"), line: open.line, notRun: reason)
                    fence = nil
                    reason = nil
                } else {
                    open.lines.append(line)
                    fence = open
                }
            } else if line.hasPrefix("```") {
                fence = (line.dropFirst(3), index + 1, [])
            } else if let match = line.wholeMatch(of: /<!-- not run: (.+) -->/) {
                reason = String(match.1)
            }
        }
    }

    private mutating func add(_ language: Substring, _ text: String, line: Int, notRun: String?) throws {
        let words = language.split(separator: " ")
        switch words.first {
        case "sh":
            let exit = words.dropFirst().first { $0.hasPrefix("exit=") }.flatMap { Int32($0.dropFirst(5)) }
            blocks.append(Block(line: line, script: text, exit: exit ?? 0, notRun: notRun))
        case "output":
            guard let last = blocks.indices.last, blocks[last].notRun == nil, blocks[last].output == nil else {
                throw Problem.outputWithoutCommands(line: line)
            }
            blocks[last].output = text
        default: break
        }
    }

    /// Whether the output matches what a page shows.
    static func matches(_ printed: String, expected: String) -> Bool {
        let line = { (text: Substring) in text.split(separator: " ").joined(separator: " ") }
        let lines = printed.split(separator: "\n").map(line).filter { !$0.isEmpty }
        let wanted = expected.split(separator: "\n").map(line).filter { !$0.isEmpty }
        return matches(lines[...], wanted[...])
    }

    private static func matches(_ lines: ArraySlice<String>, _ wanted: ArraySlice<String>) -> Bool {
        guard let first = wanted.first else { return lines.isEmpty }
        let rest = wanted.dropFirst()
        if first == "..." {
            return (lines.startIndex...lines.endIndex).contains { matches(lines[$0...], rest) }
        }
        guard let line = lines.first else { return false }
        return matches(line: line, pattern: first) && matches(lines.dropFirst(), rest)
    }

    /// `...` matches any text, also an empty one.
    private static func matches(line: String, pattern: String) -> Bool {
        let parts = pattern.components(separatedBy: "...").map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.count > 1 else { return line == pattern }
        var rest = line[...]
        for (index, part) in parts.enumerated() where !part.isEmpty {
            if index == parts.count - 1 { return rest.hasSuffix(part) }
            guard let range = rest.range(of: part), index > 0 || range.lowerBound == rest.startIndex else {
                return false
            }
            rest = rest[range.upperBound...]
        }
        return true
    }
}
