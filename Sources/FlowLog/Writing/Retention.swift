/// Which files of a log are to be removed. Pure.
package enum Retention {
    /// - Parameters:
    ///   - files: oldest first.
    ///   - now: nanoseconds since 1970.
    /// - Returns: files whose hour ended longer ago than the retention, then the oldest files while the remaining ones
    ///   are too large in total. Files of the current hour are kept.
    package static func expired(
        _ files: [LogTree.File], now: UInt64, ageNanoseconds: UInt64, maximumBytes: UInt64
    ) -> [LogTree.File] {
        let hour: UInt64 = 3_600_000_000_000
        let thisHour = RecordPath.hourNumber(time: now)
        // The age of a file is the age of the end of its hour.
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
