import Glibc

/// Writes events as JSON, one on each line, without buffering.
enum Report {
    enum Value {
        case text(String)
        case number(Int)
    }

    /// `at` is seconds since 1970, comparable with `tcpdump -tt`.
    static func event(_ name: String, _ fields: KeyValuePairs<String, Value> = [:]) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let microseconds = String(now.tv_nsec / 1_000)
        let at = "\(now.tv_sec)." + String(repeating: "0", count: 6 - microseconds.count) + microseconds
        var line = "{\"event\":\"\(name)\",\"at\":\(at)"
        for (key, value) in fields {
            switch value {
            case .text(let text): line += ",\"\(key)\":\"\(text)\""
            case .number(let number): line += ",\"\(key)\":\(number)"
            }
        }
        line += "}\n"
        let bytes = Array(line.utf8)
        _ = write(1, bytes, bytes.count)
    }
}
