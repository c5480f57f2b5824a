/// How long to wait before a process that has ended is started again: twice as long each time that it did not last. Pure.
struct RestartPause {
    static let shortest: UInt64 = 1_000_000_000
    static let longest: UInt64 = 60_000_000_000
    /// A process that has run for so long has proved itself.
    static let lasting: UInt64 = 60_000_000_000

    private var next = RestartPause.shortest

    /// The process has ended, or could not be started.
    ///
    /// - Parameter ran: for how long it ran; nanoseconds.
    /// - Returns: nanoseconds to wait.
    mutating func ended(afterNanoseconds ran: UInt64) -> UInt64 {
        if ran >= Self.lasting { next = Self.shortest }
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}
