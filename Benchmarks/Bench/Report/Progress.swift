import Glibc

/// What is going on, for who waits: on standard error.
enum Progress {
    static func note(_ text: String) {
        let bytes = Array("bench: \(text)\n".utf8)
        // Nothing can be said about what can't be said.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
