import Glibc
internal import Policy

/// The local time of a time zone, by the machine's own rules (tzset(3)).
///
/// The C library has one time zone for each process, so the variable TZ is changed during a query. Only one thread of the controller reads
/// local times, and it makes the query.
enum TimeZoneOffsets {
    /// Seconds that a zone is ahead of UTC at a moment; nil: there is no such zone.
    static func seconds(zone: String, unixSeconds: Int64) -> Int? {
        guard TimeZoneDatabase.contains(zone) else { return nil }
        let before = getenv("TZ").map { String(cString: $0) }
        setenv("TZ", ":\(TimeZoneDatabase.path)/\(zone)", 1)
        tzset()
        defer {
            if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
            tzset()
        }
        var time = time_t(unixSeconds)
        var parts = tm()
        guard localtime_r(&time, &parts) != nil else { return nil }
        return Int(parts.tm_gmtoff)
    }
}
