/// An event in the format of journald: named fields; people see the message (systemd.journal-fields(7)).
///
/// The wire format is "Native Journal Protocol": `NAME=value` and a newline. For a value of several lines: the name, a newline, the
/// value's length in 8 bytes (little endian), the value, a newline.
struct JournalEntry: Equatable, Sendable {
    /// The levels of syslog(3).
    enum Priority: Int { case error = 3, warning = 4, notice = 5, info = 6, debug = 7 }

    var priority: Priority
    var message: String
    /// Each name becomes `SLUICE_...`: `sessionsDenied` is `SLUICE_SESSIONS_DENIED`.
    var fields: [(key: String, value: String)] = []

    /// The largest datagram that is tried: journald's sockets accept about 200 kB by default.
    static let maximumBytes = 128 << 10

    var bytes: [UInt8] {
        var result: [UInt8] = []
        Self.append("MESSAGE", message, to: &result)
        Self.append("PRIORITY", "\(priority.rawValue)", to: &result)
        Self.append("SYSLOG_IDENTIFIER", "sluice", to: &result)
        for (key, value) in fields { Self.append(Self.name(of: key), value, to: &result) }
        return result
    }

    private static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        let value = Array(value.utf8)
        bytes += Array(name.utf8)
        if value.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            let length = UInt64(value.count)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: length >> shift))
            }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += value
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Capitals, digits and `_`, at most 64 characters: journald drops fields with other names.
    static func name(of key: String) -> String {
        var name = "SLUICE"
        var wasLower = true
        for byte in key.utf8 {
            let isUpper = (0x41...0x5A).contains(byte)
            let isLower = (0x61...0x7A).contains(byte)
            let isDigit = (0x30...0x39).contains(byte)
            if isUpper && wasLower || name == "SLUICE" { name += "_" }
            name.unicodeScalars.append(
                isLower ? Unicode.Scalar(byte - 0x20) : isUpper || isDigit ? Unicode.Scalar(byte) : "_")
            wasLower = isLower || isDigit
        }
        return String(name.prefix(64))
    }

    static func == (left: JournalEntry, right: JournalEntry) -> Bool { left.bytes == right.bytes }
}
