/// Returns how many seconds a time zone is ahead of UTC at a moment; nil if there is no such zone. The shell supplies
/// it from the time zone database (`TimeZone(identifier:)?.secondsFromGMT(for:)`).
package typealias ZoneOffsets = @Sendable (_ zone: String, _ unixSeconds: Int64) -> Int?

/// When maintenance may begin a step: every day from a time of day, in a time zone (MAINT-2).
package struct DailyWindow: Hashable, Sendable, Codable {
    /// Minutes after midnight, local time.
    package var startMinute: Int
    /// 5 h to 24 h, in elapsed seconds, regardless of clock changes.
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
    /// The allowed lengths of a window.
    package static let lengths: ClosedRange<Int64> = 5 * 3600...24 * 3600

    /// What is wrong with the window, with what to write instead; nil if it is valid.
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
    /// Whether the window is open at a moment.
    package func isOpen(at unixSeconds: Int64, zones: ZoneOffsets) -> Bool {
        guard let today = localDay(of: unixSeconds, zones: zones) else { return false }
        // A window that began yesterday may still be open today.
        return (today - 2...today + 1).contains { day in
            guard let start = start(onDay: day, zones: zones) else { return false }
            return start <= unixSeconds && unixSeconds < start + lengthSeconds
        }
    }

    /// When the window opens next after a moment.
    package func nextOpening(after unixSeconds: Int64, zones: ZoneOffsets) -> Int64? {
        guard let today = localDay(of: unixSeconds, zones: zones) else { return nil }
        return (today - 1...today + 2).compactMap { start(onDay: $0, zones: zones) }.filter { $0 > unixSeconds }.min()
    }

    private static let secondsADay: Int64 = 86_400

    /// Days since 1970-01-01 in local time.
    private func localDay(of unixSeconds: Int64, zones: ZoneOffsets) -> Int64? {
        guard let offset = zones(zone, unixSeconds) else { return nil }
        let local = unixSeconds + Int64(offset)
        return (local - (local % DailyWindow.secondsADay + DailyWindow.secondsADay) % DailyWindow.secondsADay)
            / DailyWindow.secondsADay
    }

    /// When the window begins on a day. If the time of day occurs twice (clocks go back), the first one counts. If it
    /// does not occur (clocks go forward), the window begins as long after midnight as on other days (as in RFC 5545,
    /// 3.3.5).
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
