import Glibc
package import Logging

/// Writes the log to stderr: one line an event, `key=value` after the message.
///
/// Under systemd, the journal adds the time, and understands the priority in front of the line (sd-daemon(3)).
package struct LineLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let isForJournal: Bool

    package init(level: Logger.Level) {
        logLevel = level
        isForJournal = getenv("JOURNAL_STREAM") != nil && isatty(STDERR_FILENO) == 0
    }

    /// A logger that writes to stderr.
    package static func logger(level: Logger.Level) -> Logger {
        Logger(label: "sluice-resume") { _ in LineLog(level: level) }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let start = isForJournal ? "<\(LineLog.priority(event.level))>" : "\(LogTime.text(now)) \(event.level) "
        let values = metadata.merging(event.metadata ?? [:]) { $1 }
        LineLog.write(start + LineLog.line("\(event.message)", values) + "\n")
    }

    /// `stream begun stream=0123abcd target=db:5432`, with the keys in the order of the alphabet.
    static func line(_ message: String, _ values: Logger.Metadata) -> String {
        ([plain(message)] + values.sorted { $0.key < $1.key }.map { "\($0.key)=\(quoted("\($0.value)"))" })
            .joined(separator: " ")
    }

    /// What another machine sent may be part of a value: it stays on this line, and within its quotes.
    private static func quoted(_ value: String) -> String {
        let isWord =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F && $0 != "\"" && $0 != "=" }
        guard !isWord else { return value }
        return "\"" + plain(value).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Without control characters.
    private static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : $0 }))
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// One write: lines of several threads do not mix.
    package static func write(_ text: String) {
        let bytes = [UInt8](text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }
}
