package import Glibc

/// Wall clock time as text.
package enum LogTime {
    /// `2026-03-01T12:00:00Z`
    ///
    /// - Parameter seconds: Since 1970.
    package static func text(_ seconds: time_t) -> String { format(seconds, "%Y-%m-%dT%H:%M:%SZ") }

    /// `2026-03-01T12:00:00.123Z`
    package static func text(_ time: timespec) -> String {
        let digits = String(time.tv_nsec / 1_000_000)
        let padding = String(repeating: "0", count: 3 - digits.count)
        return format(time.tv_sec, "%Y-%m-%dT%H:%M:%S") + "." + padding + digits + "Z"
    }

    private static func format(_ seconds: time_t, _ form: String) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, form, &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
