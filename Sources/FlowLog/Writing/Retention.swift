/// Which files of a log are to go. Pure.
package enum Retention {
    /// - Parameters:
    ///   - files: oldest first.
    ///   - now: nanoseconds since 1970.
    /// - Returns: those whose hour is over for longer than the retention, and then the oldest as long as all the others
    ///   together are too large. Files of this hour stay.
    package static func expired(
        _ files: [LogTree.File], now: UInt64, ageNanoseconds: UInt64, maximumBytes: UInt64
    ) -> [LogTree.File] {
        let hour: UInt64 = 3_600_000_000_000
        let thisHour = RecordPath.hourNumber(time: now)
        // An hour's file is as old as its last moment.
        let oldest = now > ageNanoseconds + hour ? RecordPath.hourNumber(time: now - ageNanoseconds - hour) : 0
        var bytes = files.reduce(UInt64(0)) { $0 + $1.bytes }
        var expired: [LogTree.File] = []
        for file in files where file.hour < thisHour {
            guard file.hour <= oldest && oldest > 0 || bytes > maximumBytes else { continue }
            expired.append(file)
            bytes -= file.bytes
        }
        return expired
    }
}
