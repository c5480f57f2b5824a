import Glibc

/// The IANA time zone database of this machine: one file for each zone (tzfile(5)).
package enum TimeZoneDatabase {
    package static let path = "/usr/share/zoneinfo"

    /// Whether a zone of this name is in the database.
    package static func contains(_ name: String, path: String = path) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2B, 0x2D, 0x2F, 0x5F].contains(byte)
        }
        guard isPlain, !name.isEmpty, !name.hasPrefix("/"), let file = fopen("\(path)/\(name)", "re") else {
            return false
        }
        defer { fclose(file) }
        var magic = [UInt8](repeating: 0, count: 4)
        return fread(&magic, 1, 4, file) == 4 && magic == Array("TZif".utf8)
    }
}
