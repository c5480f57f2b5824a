/// Sizes and times of a resumable stream (docs/resume-protocol.md, "Limits").
public struct StreamLimits: Sendable, Equatable {
    /// How many bytes an end keeps until the other end has acknowledged them, and how many it accepts before its
    /// application takes them. 64 KiB to 64 MiB.
    public var bufferBytes = 2 << 20
    /// An acknowledgement is sent at the latest after so many bytes.
    public var acknowledgeBytes = 64 << 10
    /// An acknowledgement is sent at the latest after this time.
    public var acknowledgeAfter = Duration.milliseconds(200)
    /// An end that has sent nothing for this long sends a ping as the keep-alive.
    public var keepAliveInterval = Duration.seconds(15)
    /// A connection on which nothing was received for this long is lost.
    public var silence = Duration.seconds(45)
    /// The other end must answer a ping within this time. A ping is sent when something was sent and nothing was received
    /// for a third of it.
    public var answerWithin = Duration.seconds(9)
    /// TLS, hello and welcome must be finished within this time.
    public var handshake = Duration.seconds(5)
    /// After a reset by one application, the data before it is written to the other application for at most this long.
    public var resetLinger = Duration.seconds(5)

    /// The limits that the protocol's document recommends.
    public init() {}

    /// The permitted values of ``bufferBytes``.
    public static let bufferRange = (64 << 10)...(64 << 20)
}
