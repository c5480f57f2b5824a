/// Something that happened to a connection, or to a proxy.
package struct RelayEvent: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case opened
        /// It was idle for its timeout; a `reset` or `silent` follows.
        case idle
        /// Both ends got a RST.
        case reset
        /// Nothing is passed on any more.
        case silent
        /// An end of a silent connection closed or reset it.
        case noticed
        /// Its ends have ended it.
        case closed
        /// The relay closed it, with a FIN to both ends.
        case cut
        /// A new connection was refused: by a disruption or a limit.
        case refused
        /// There is no connection to the upstream.
        case upstreamFailed
        /// A disruption began, went on, or is over.
        case disruption, drained
    }

    package var kind: Kind
    package var proxy: String
    /// Counts from 1; 0: not about one connection.
    package var connection = 0
    /// Why, for people.
    package var cause = ""
    /// Nanoseconds of the monotonic clock.
    package var time: UInt64 = 0
    package var ageNanoseconds: UInt64 = 0
    package var idleNanoseconds: UInt64 = 0
    package var bytesUpstream = 0
    package var bytesDownstream = 0
    /// The client's address.
    package var client = ""

    /// One JSON object.
    package var value: WireValue {
        .members([
            "event": .string(kind.rawValue), "proxy": .string(proxy), "connection": .integer(connection),
            "client": .string(client), "cause": .string(cause), "age": .integer(ageNanoseconds / 1_000_000),
            "idle": .integer(idleNanoseconds / 1_000_000),
            "bytes": .members(["upstream": .integer(bytesUpstream), "downstream": .integer(bytesDownstream)]),
        ])
    }
}
