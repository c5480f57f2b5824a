/// What packets and sessions had met up to a moment: totals. The controller keeps some of the last minute in the run directory, so
/// that a command that looks once knows what has happened lately.
package struct TrafficSample: Codable, Equatable, Sendable {
    /// When: CLOCK_MONOTONIC of the machine.
    package var nanoseconds: UInt64
    /// Of the kernel program: by index of `DropReason` and `Counter`.
    package var counters: [UInt64]
    /// Resets that processes sent, and that they could not send.
    package var resetsSent: UInt64
    package var resetsFailed: UInt64
    /// Sessions that ended, by the name of the reason.
    package var ends: [String: UInt64]
    /// Sessions that lived, and tombstones.
    package var sessions: Int
    /// Frames that all zone interfaces together had received.
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

    /// Takes a sample in, and lets go of those that are too old.
    package mutating func add(_ sample: TrafficSample) {
        samples.removeAll { $0.nanoseconds + Self.windowNanoseconds < sample.nanoseconds }
        samples.append(sample)
    }

    /// The oldest one that is not too old; what has happened since is what happens lately.
    package func oldest(now: UInt64) -> TrafficSample? {
        samples.first { $0.nanoseconds + Self.windowNanoseconds + Self.intervalNanoseconds >= now }
    }
}
