import Glibc

/// Small text files, such as those of /proc.
package enum TextFile {
    /// The file's text; nil if it cannot be read.
    package static func read(_ path: String) -> String? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let descriptor = FileDescriptor(number)
        return read(descriptor.number)
    }

    /// All that can be read from a descriptor.
    static func read(_ descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        let isComplete = withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 8) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count == 0 { return true }
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                bytes.append(contentsOf: buffer.prefix(count))
            }
        }
        return isComplete ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// Replaces the text of an existing file.
    static func write(_ text: String, to path: String) throws(KernelError) {
        let descriptor = FileDescriptor(
            try SystemCall.check("opening \(path)") { open(path, O_WRONLY | O_CLOEXEC) })
        let bytes = Array(text.utf8)
        try SystemCall.check("writing \(path)") { Glibc.write(descriptor.number, bytes, bytes.count) }
    }
}

/// The text of /proc/PID/stat (proc(5)).
package enum ProcessStat {
    /// The fields from the third on, which is the process's state: field N of proc(5) is at N - 3.
    ///
    /// The name in the second field may contain blanks and parentheses. All other fields come after the last
    /// parenthesis.
    ///
    /// - Returns: nil if the text has another form.
    package static func fields(_ text: String) -> [Substring]? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    }
}
