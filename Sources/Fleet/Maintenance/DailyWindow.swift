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

// MARK: - When it is open

extension DailyWindow {
    /// Whether it is open at a moment.
    package func isOpen(at unixSeconds: Int64, zones: ZoneOffsets) -> Bool {
        guard let today = localDay(of: unixSeconds, zones: zones) else { return false }
        // One that began yesterday may reach into today.
        return (today - 2...today + 1).contains { day in
            guard let start = start(onDay: day, zones: zones) else { return false }
            return start <= unixSeconds && unixSeconds < start + lengthSeconds
        }
    }

    /// When it opens next after a moment.
    package func nextOpening(after unixSeconds: Int64, zones: ZoneOffsets) -> Int64? {
        guard let today = localDay(of: unixSeconds, zones: zones) else { return nil }
        return (today - 1...today + 2).compactMap { start(onDay: $0, zones: zones) }.filter { $0 > unixSeconds }.min()
    }

    private static let secondsADay: Int64 = 86_400

    /// Days since 1970-01-01 by the zone's clocks.
    private func localDay(of unixSeconds: Int64, zones: ZoneOffsets) -> Int64? {
        guard let offset = zones(zone, unixSeconds) else { return nil }
        let local = unixSeconds + Int64(offset)
        return (local - (local % DailyWindow.secondsADay + DailyWindow.secondsADay) % DailyWindow.secondsADay)
            / DailyWindow.secondsADay
    }

    /// When it begins on a day. A time of day that comes twice (clocks go back) is the first of both; one that doesn't come (clocks go
    /// forward) is as long after midnight as on other days, so later by the clocks (as in RFC 5545, 3.3.5).
    private func start(onDay day: Int64, zones: ZoneOffsets) -> Int64? {
        let local = day * DailyWindow.secondsADay + Int64(startMinute) * 60
        guard let before = zones(zone, local - DailyWindow.secondsADay),
            let after = zones(zone, local + DailyWindow.secondsADay)
        else { return nil }
        let candidates = Set([before, after]).map { (moment: local - Int64($0), offset: $0) }
        let real = candidates.filter { zones(zone, $0.moment) == $0.offset }.map(\.moment)
        return real.min() ?? local - Int64(before)
    }
}
