import Glibc

/// The two outputs of a command: stdout is what was asked for, stderr all else.
enum Console {
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1

    /// As the terminal is now: it may be made wider or narrower.
    static var style: TextStyle { TextStyle(isTerminal: outputIsTerminal, width: width, environment: environment) }

    /// Width of the terminal in columns; nil where stdout is none. A terminal that does not know (a serial line) may be described by
    /// COLUMNS.
    static var width: Int? {
        guard outputIsTerminal else { return nil }
        return size.map { Int($0.ws_col) } ?? environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
    /// Height of the terminal in lines; nil where stdout is none.
    static var height: Int? { size.map { Int($0.ws_row) } }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Writes a text for people, its lines folded to the terminal's width.
    static func page(_ text: String) { output(TextFold.page(text, width: width)) }

    /// Writes what was asked for.
    static func output(_ text: String) {
        var text = text
        text.withUTF8 { write($0, to: STDOUT_FILENO) }
    }

    static func outputLine(_ line: String) { output(line + "\n") }

    static func output(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { write($0, to: STDOUT_FILENO) } }

    /// Says something about what was asked for.
    static func note(_ line: String) {
        var text = line + "\n"
        text.withUTF8 { write($0, to: STDERR_FILENO) }
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(
                descriptor, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[rest.indices]).baseAddress,
                rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                // Whoever read it is gone, or the disk is full: nobody is left to tell.
                exit(EXIT_FAILURE)
            }
            rest = rest.dropFirst(written)
        }
    }

    private static var size: winsize? {
        var size = winsize()
        guard outputIsTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return size
    }
}
