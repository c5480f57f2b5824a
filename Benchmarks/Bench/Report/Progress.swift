import Glibc

/// Progress messages on standard error.
enum Progress {
    static func note(_ text: String) {
        let bytes = Array("bench: \(text)\n".utf8)
        // An error of this write can't be reported anywhere.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
