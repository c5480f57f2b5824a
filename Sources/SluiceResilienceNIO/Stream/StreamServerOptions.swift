public import SluiceResilience

/// Options of a server.
public struct StreamServerOptions: Sendable {
    /// Sizes and times of the protocol.
    public var limits = StreamLimits()
    /// How many streams there are at most. More are refused with ``StreamStatus/full``.
    public var maximumStreams = 5000
    /// How many bytes all streams together keep to send again. Beyond that a stream gets 64 KiB, and new ones are refused.
    public var maximumBytes = 1 << 30
    /// The longest time for which a stream is kept without a connection, whatever its client asks for.
    public var longestRetention = Duration.seconds(3600)
    /// How many connections may be in TLS, or before their hello, at a time.
    public var maximumHandshakes = 1000

    /// The recommended ones.
    public init() {}
}
