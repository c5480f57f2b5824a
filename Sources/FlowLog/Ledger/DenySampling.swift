/// Logs a limited number of denies per second one by one, and counts the others (LOG-3).
package struct DenySampling: Sendable {
    /// Denies per second that are logged one by one.
    package static let usualPerSecond = 2000
    private static let windowNanoseconds: UInt64 = 1_000_000_000

    private let perSecond: Int
    private var windowStart: UInt64 = 0
    private var taken = 0

    package init(perSecond: Int = usualPerSecond) { self.perSecond = perSecond }

    /// - Parameter now: nanoseconds of any clock that does not go back.
    package mutating func mayLog(now: UInt64) -> Bool {
        if now &- windowStart >= Self.windowNanoseconds {
            windowStart = now
            taken = 0
        }
        taken += 1
        return taken <= perSecond
    }
}
