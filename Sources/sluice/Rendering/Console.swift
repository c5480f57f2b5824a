import Glibc

/// The two outputs of a command: stdout for the requested data, stderr for everything else.
enum Console {
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1

    /// The current style: the user may resize the terminal.
    static var style: TextStyle { TextStyle(isTerminal: outputIsTerminal, width: width, environment: environment) }

    /// Width of the terminal in columns; nil if stdout is not a terminal. For a terminal without a size (a serial line) it
    /// is the variable COLUMNS.
    static var width: Int? {
        guard outputIsTerminal else { return nil }
        return size.map { Int($0.ws_col) } ?? environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
    /// Height of the terminal in lines; nil if stdout is not a terminal.
    static var height: Int? { size.map { Int($0.ws_row) } }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Writes a text for people, with lines folded to the terminal's width.
    static func page(_ text: String) { output(TextFold.page(text, width: width)) }

    /// Writes requested data.
    static func output(_ text: String) {
        var text = text
        text.withUTF8 { write($0, to: STDOUT_FILENO) }
    }

    static func outputLine(_ line: String) { output(line + "\n") }

    static func output(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { write($0, to: STDOUT_FILENO) } }

    /// Writes a message about the output.
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
                // The reader has closed the pipe, or the disk is full. There is no other place to report it.
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
