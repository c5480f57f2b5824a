/// The text of /proc/PID/stat (proc(5)).
package enum ProcessStat {
    /// The fields from the third on, the process's state: field N of proc(5) is at N - 3.
    ///
    /// The name in the second field may hold blanks and parentheses; all else comes after the last of them.
    ///
    /// - Returns: nil if it is no such text.
    package static func fields(_ text: String) -> [Substring]? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    }
}
