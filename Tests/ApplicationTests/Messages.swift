import Foundation

/// Finds what a program says about the loss of its session, without what differs from run to run.
enum Messages {
    /// The lines of a program's new output that report a loss, in their order; of long lines the first sentence.
    static func ofLoss(_ text: some StringProtocol, port: Int) -> [String] {
        text.split(whereSeparator: \.isNewline).map { plain(String($0), port: port) }.filter(reportsLoss).map { line in
            guard line.count > longest, let end = line.firstMatch(of: /[^.]\.\s/) else { return line }
            return String(line[..<line.index(after: end.range.lowerBound)])
        }
    }

    private static let longest = 120

    private static let loss = expression(
        "error|lost|reset|clos(ed|ing)|time(d |-)?out|broken|abort|gone|fail|unavailable|restart|disconnect|dropped"
            + "|not responding|stopped hearing|too.many.pings|refused|no.pong|unreachable")
    /// Lines that have such a word for another reason.
    private static let other = expression(" auto-|answer-|SELECT |Timers: |PUSH_REPLY")

    private static func reportsLoss(_ line: String) -> Bool { matches(line, loss) && !matches(line, other) }

    /// What differs from run to run, and what replaces it.
    private static let replacements: [(NSRegularExpression, String)] = [
        // Colours and other sequences for terminals.
        (expression("\u{1B}\\[[0-9;?]*[A-Za-z]|[\u{0}-\u{8}\u{B}-\u{1F}]"), ""),
        // Everything up to a date with a time of day.
        (expression("^.{0,40}?\\d\\d?:\\d\\d:\\d\\d([.:,]\\d+)?(?-i: [A-Z]{3,4}\\b)?\\]?\\s*"), ""),
        // Seconds since 1970, process identifiers, threads, positions in source files.
        (expression("^\\d{10}: |^-? ?\\[\\d+(:\\d+)?\\]\\s*|^\\d+ (?=\\[)|^\\s*\\d+ \\S+\\.cc:\\d+\\]\\s*|^- "), ""),
        (expression("\\bport \\d+"), "port ..."),
        (expression("\\d+\\.\\d+\\.\\d+\\.\\d+(:\\d+)?"), "..."),
        (expression("\\b(pid|connection|Socket|id) \\d+"), "$1 ..."),
        (expression("\\bfd=\\d+"), "fd=..."),
        (expression("\\(\\S{4}…\\S{4}\\)"), ""),
        (expression("\\s+"), " "),
    ]

    /// A line without what differs from run to run.
    static func plain(_ line: String, port: Int) -> String {
        var line = line
        for (expression, replacement) in replacements {
            line = expression.stringByReplacingMatches(
                in: line, range: NSRange(line.startIndex..., in: line), withTemplate: replacement)
        }
        return line.replacing(":\(port)", with: "").replacing(String(port), with: "...")
            .trimmingCharacters(in: .whitespaces)
    }

    private static func expression(_ pattern: String) -> NSRegularExpression {
        do {
            return try NSRegularExpression(pattern: pattern, options: .caseInsensitive)
        } catch {
            preconditionFailure("'\(pattern)' is not a regular expression: \(error)")
        }
    }

    private static func matches(_ line: String, _ expression: NSRegularExpression) -> Bool {
        expression.firstMatch(in: line, range: NSRange(line.startIndex..., in: line)) != nil
    }
}
