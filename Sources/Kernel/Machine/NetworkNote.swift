/// What a controller has seen in its network namespace, stored for readers that may not enter it themselves.
package struct NetworkNote: Codable, Equatable, Sendable {
    /// Interval between two notes if nothing changes.
    package static let intervalNanoseconds: UInt64 = 5_000_000_000

    package struct Interface: Codable, Equatable, Sendable {
        package var name: String
        package var isAttached: Bool
        /// Bytes of the largest packet; nil: there is no such interface.
        package var mtu: Int?

        package init(name: String, isAttached: Bool, mtu: Int?) {
            self.name = name
            self.isAttached = isAttached
            self.mtu = mtu
        }
    }

    /// Time of the note: CLOCK_MONOTONIC of the machine.
    package var nanoseconds: UInt64
    package var interfaces: [Interface]
    package var isGuarded: Bool
    /// Frames that the attached interfaces have received.
    package var receivedFrames: UInt64

    package init(nanoseconds: UInt64, interfaces: [Interface], isGuarded: Bool, receivedFrames: UInt64) {
        self.nanoseconds = nanoseconds
        self.interfaces = interfaces
        self.isGuarded = isGuarded
        self.receivedFrames = receivedFrames
    }

    /// Whether another note is equal, except for the time and the frames.
    package func agrees(with other: NetworkNote) -> Bool {
        interfaces == other.interfaces && isGuarded == other.isGuarded
    }
}
