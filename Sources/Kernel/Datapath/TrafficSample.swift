/// The totals of packets and sessions at one moment. The controller stores samples of the last minute in the run
/// directory, so that a command that reads them once knows what has happened recently.
package struct TrafficSample: Codable, Equatable, Sendable {
    /// Time of the sample: CLOCK_MONOTONIC of the machine.
    package var nanoseconds: UInt64
    /// The kernel program's counters, by index of `DropReason` and `Counter`.
    package var counters: [UInt64]
    /// RSTs that processes sent, and RSTs that they could not send.
    package var resetsSent: UInt64
    package var resetsFailed: UInt64
    /// Sessions that ended, by the name of the reason.
    package var ends: [String: UInt64]
    /// Live sessions, and tombstones.
    package var sessions: Int
    /// Frames received by all zone interfaces together.
    package var receivedFrames: UInt64

    package init(
        nanoseconds: UInt64, counters: [UInt64], resetsSent: UInt64 = 0, resetsFailed: UInt64 = 0,
        ends: [String: UInt64] = [:], sessions: Int = 0, receivedFrames: UInt64 = 0
    ) {
        self.nanoseconds = nanoseconds
        self.counters = counters
        self.resetsSent = resetsSent
        self.resetsFailed = resetsFailed
        self.ends = ends
        self.sessions = sessions
        self.receivedFrames = receivedFrames
    }
}

/// The samples of the last minute, oldest first.
package struct TrafficSamples: Codable, Equatable, Sendable {
    /// Between two samples.
    package static let intervalNanoseconds: UInt64 = 5_000_000_000
    /// How far back they go.
    package static let windowNanoseconds: UInt64 = 60_000_000_000

    package private(set) var samples: [TrafficSample] = []

    package init() {}

    /// Adds a sample, and removes those that are too old.
    package mutating func add(_ sample: TrafficSample) {
        samples.removeAll { $0.nanoseconds + Self.windowNanoseconds < sample.nanoseconds }
        samples.append(sample)
    }

    /// The oldest sample that is not too old. The difference to it is what has happened recently.
    package func oldest(now: UInt64) -> TrafficSample? {
        samples.first { $0.nanoseconds + Self.windowNanoseconds + Self.intervalNanoseconds >= now }
    }
}
