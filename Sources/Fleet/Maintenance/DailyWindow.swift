/// Seconds that a time zone is ahead of UTC at a moment; nil: there is no such zone. The shell has the time zone database
/// (`TimeZone(identifier:)?.secondsFromGMT(for:)`), and Fleet is told.
package typealias ZoneOffsets = @Sendable (_ zone: String, _ unixSeconds: Int64) -> Int?

/// When maintenance may begin a step: every day from a time of day on, by the clocks of a time zone (MAINT-2).
package struct DailyWindow: Hashable, Sendable, Codable {
    /// Minutes after midnight.
    package var startMinute: Int
    /// At least 5 h, at most 24 h; seconds that pass, whatever the clocks do meanwhile.
    package var lengthSeconds: Int64
    /// A name of the IANA time zone database: `Europe/Berlin`.
    package var zone: String

    package init(startMinute: Int, lengthSeconds: Int64, zone: String) {
        self.startMinute = startMinute
        self.lengthSeconds = lengthSeconds
        self.zone = zone
    }
}

extension DailyWindow {
    /// What a window's length may be.
    package static let lengths: ClosedRange<Int64> = 5 * 3600...24 * 3600

    /// Why it can't be, with what to write instead; nil where it can.
    package func problem(zones: ZoneOffsets) -> String? {
        if !(0..<24 * 60).contains(startMinute) {
            return "the maintenance window's start, minute \(startMinute) of the day, is not within 00:00 to 23:59"
        }
        if !DailyWindow.lengths.contains(lengthSeconds) {
            return
                "the maintenance window of \(lengthSeconds / 60) min is not within 5 h to 24 h: make it at least 5 h long"
        }
        if zones(zone, 0) == nil {
            return "the maintenance window's time zone '\(zone)' is unknown: write an IANA name, like Europe/Berlin"
        }
        return nil
    }
}
