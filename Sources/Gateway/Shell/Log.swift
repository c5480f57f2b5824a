import Glibc

/// Writes one structured line for each event to standard error: `time level message key=value ...`. Never waits (``LogOutput``).
package struct Log: Sendable {
    package enum Level: Int, Comparable, Sendable, CaseIterable {
        case debug, info, notice, warning, error

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// Lower levels are not written. `SLUICE_LOG=debug` in the environment shows all.
    package let threshold: Level
    private let label: String
    package let output: LogOutput

    package init(label: String, threshold: Level = .info, output: LogOutput = .standardError) {
        self.label = label
        self.threshold = threshold
        self.output = output
    }

    /// The level of the environment variable `SLUICE_LOG`, which has the name of a level.
    package static var levelFromEnvironment: Level {
        guard let text = getenv("SLUICE_LOG").map({ String(cString: $0) }) else { return .info }
        return Level.allCases.first { "\($0)" == text } ?? .info
    }

    package func debug(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        if threshold == .debug { write(.debug, message(), fields()) }
    }

    package func info(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.info, message, fields)
    }
    package func notice(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.notice, message, fields)
    }
    package func warning(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.warning, message, fields)
    }
    package func error(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.error, message, fields)
    }

    private func write(_ level: Level, _ message: String, _ fields: KeyValuePairs<String, String>) {
        guard level >= threshold else { return }
        output.write(
            Self.line(time: Self.timestamp(), level: level, label: label, message: message, fields: fields),
            journal: Self.entry(level: level, label: label, message: message, fields: fields))
    }

    /// The line that replaces lines that could not be written.
    static func lostReport(count: Int) -> (line: String, entry: JournalEntry) {
        let message = "lines are missing before this one: nothing read the log"
        let fields: KeyValuePairs = ["lost": "\(count)", "pid": "\(getpid())"]
        return (
            line(time: timestamp(), level: .warning, label: "log", message: message, fields: fields),
            entry(level: .warning, label: "log", message: message, fields: fields)
        )
    }

    /// The journal entry of an event. People see the message only, so it contains the fields too; programs select by the fields.
    static func entry(
        level: Level, label: String, message: String, fields: KeyValuePairs<String, String>
    ) -> JournalEntry {
        var text = "\(label): \(message)"
        for (key, value) in fields { text += " \(key)=\(quoted(value))" }
        let priority: JournalEntry.Priority =
            switch level {
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
        return JournalEntry(
            priority: priority, message: text,
            fields: [(key: "component", value: label)] + fields.map { (key: $0.key, value: $0.value) })
    }

    /// The text line of an event. A value with blanks or quotes is quoted.
    static func line(
        time: String, level: Level, label: String, message: String, fields: KeyValuePairs<String, String>
    ) -> String {
        var line = "\(time) \(level) \(label): \(message)"
        for (key, value) in fields { line += " \(key)=\(quoted(value))" }
        return line + "\n"
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F }
        if isPlain { return value }
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// RFC 3339, UTC, with milliseconds.
    private static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(parts.tm_year + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(date)T\(time).\(padded(now.tv_nsec / 1_000_000, 3))Z"
    }
}
