/// When maintenance may begin (MAINT-2): every day from a time of day, in a time zone.
package struct MaintenanceWindow: Hashable, Sendable {
    /// Minutes after midnight, local time of the time zone.
    package var startMinute: Int
    /// Nanoseconds: 5 h to 24 h. Never scaled: windows follow the wall clock.
    package var length: UInt64
    /// A name in the IANA time zone database, like `Europe/Berlin`.
    package var timeZone: String

    package init(startMinute: Int, length: UInt64, timeZone: String) {
        self.startMinute = startMinute
        self.length = length
        self.timeZone = timeZone
    }

    package static let lengths: ClosedRange<UInt64> = 5 * .hour...24 * .hour

    /// Reads `22:30` into minutes after midnight; nil if the text is not a time of day.
    package static func minute(parsing text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(isDigit) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
