package import NIOCore

extension Channel {
    /// Whether the connection leads to itself.
    ///
    /// A connection to a port of this machine on which nothing listens may get that port as its own source port. TCP then
    /// connects it to itself (a simultaneous open, RFC 9293, 3.5). It counts as a connection that was refused.
    package var isItsOwnPeer: Bool { localAddress != nil && localAddress == remoteAddress }
}

/// A connection led to itself, because nothing listens on the port.
package struct ItsOwnPeer: Error, CustomStringConvertible {
    package init() {}

    package var description: String { "connection refused (it was connected to itself)" }
}
