import NIOCore

/// The limits of a relay (RELAY-3). Each is named in the refusal and in the metrics.
package struct RelayLimits: Sendable {
    /// Connections of all proxies together.
    package var connections = 10_000
    package var proxies = 64
    /// Toxics of one proxy.
    package var toxics = 16
    /// Bytes that wait in one connection: a quarter in each chain of toxics, and a quarter in each direction's output.
    package var connectionBytes = 512 * 1024
    /// Connections of control clients, and of them, streams of events.
    package var controlConnections = 256
    package var eventStreams = 16
    /// The body of a request.
    package var bodyBytes = 1 << 20

    /// A connection of a control client that sends nothing for so long is closed, unless it streams events.
    static let controlPatience = TimeAmount.seconds(60)

    package init() {}

    /// Reading stops above this number of bytes in a direction's output, and goes on below ``lowWaterMark``.
    package var highWaterMark: Int { min(256 * 1024, connectionBytes / 2) }
    package var lowWaterMark: Int { highWaterMark / 4 }
    /// Reading stops above this number of bytes in a chain of toxics.
    var chainBytes: Int { connectionBytes / 4 }
}
