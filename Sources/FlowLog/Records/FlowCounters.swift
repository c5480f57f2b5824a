package import FlowLayout

/// Packets and bytes of both directions of a flow. Bytes include the IP header.
package struct FlowCounters: Equatable, Sendable {
    package var packetsToDestination: UInt64
    package var bytesToDestination: UInt64
    package var packetsToSource: UInt64
    package var bytesToSource: UInt64

    package init(
        packetsToDestination: UInt64 = 0, bytesToDestination: UInt64 = 0, packetsToSource: UInt64 = 0,
        bytesToSource: UInt64 = 0
    ) {
        self.packetsToDestination = packetsToDestination
        self.bytesToDestination = bytesToDestination
        self.packetsToSource = packetsToSource
        self.bytesToSource = bytesToSource
    }

    /// What the two ends of a session have sent so far.
    package init(_ session: sluice_session) {
        self.init(
            packetsToDestination: session.originator.packets, bytesToDestination: session.originator.bytes,
            packetsToSource: session.responder.packets, bytesToSource: session.responder.bytes)
    }

    package var packets: UInt64 { packetsToDestination &+ packetsToSource }
    package var bytes: UInt64 { bytesToDestination &+ bytesToSource }

    package static func + (left: FlowCounters, right: FlowCounters) -> FlowCounters {
        FlowCounters(
            packetsToDestination: left.packetsToDestination &+ right.packetsToDestination,
            bytesToDestination: left.bytesToDestination &+ right.bytesToDestination,
            packetsToSource: left.packetsToSource &+ right.packetsToSource,
            bytesToSource: left.bytesToSource &+ right.bytesToSource)
    }

    /// The difference to an earlier count. Both are read from memory that the kernel changes meanwhile, but counts only
    /// grow. A negative difference would count as 0.
    package func since(_ earlier: FlowCounters) -> FlowCounters {
        func difference(_ now: UInt64, _ before: UInt64) -> UInt64 { now > before ? now - before : 0 }
        return FlowCounters(
            packetsToDestination: difference(packetsToDestination, earlier.packetsToDestination),
            bytesToDestination: difference(bytesToDestination, earlier.bytesToDestination),
            packetsToSource: difference(packetsToSource, earlier.packetsToSource),
            bytesToSource: difference(bytesToSource, earlier.bytesToSource))
    }
}
