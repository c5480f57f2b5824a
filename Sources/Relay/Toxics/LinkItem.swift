package import NIOCore

/// What flows through one direction of a connection: bytes, and then the end of the stream.
package enum LinkItem: Equatable {
    /// `since`: when they came in, in nanoseconds.
    case bytes(ByteBuffer, since: UInt64)
    /// The sender's FIN.
    case end

    package var count: Int {
        switch self {
        case .bytes(let buffer, _): buffer.readableBytes
        case .end: 0
        }
    }
}

/// How a toxic ends the whole connection.
package enum LinkVerdict: Equatable, Sendable {
    /// FIN to both ends.
    case close
    /// RST to both ends.
    case reset
}
