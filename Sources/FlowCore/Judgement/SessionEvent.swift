package import FlowLayout

/// What an admission reports: a session that begins, or one that is denied.
package enum SessionEvent {
    /// Fills all fields except the time.
    ///
    /// - Parameters:
    ///   - event: zeroed memory.
    ///   - kind: ``EventKind``.
    ///   - reason: for a deny: ``DropReason``.
    ///   - flow: for a session that begins.
    @inline(__always)
    package static func fillEvent(
        _ event: UnsafeMutablePointer<sluice_event>, kind: UInt8, reason: UInt8,
        _ packet: UnsafePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>,
        _ question: UnsafePointer<sluice_classification>, _ flow: sluice_flow_value
    ) {
        event.pointee.key = packet.pointee.key
        event.pointee.slot = flow.slot
        event.pointee.generation = flow.generation
        event.pointee.rule = question.pointee.rule
        event.pointee.kind = kind
        event.pointee.reason = reason
        event.pointee.flags = Admission.sessionFlags(
            packet, question,
            isEastWest: question.pointee.sourceIsInternal != 0 && question.pointee.destinationIsInternal != 0)
        event.pointee.sourceZone = packet.pointee.zone
        event.pointee.destinationZone = route.pointee.zone
        event.pointee.stage = question.pointee.stage
    }
}

/// What a record of the event ring reports.
package enum EventKind: UInt8, Sendable, CaseIterable {
    case begin = 1
    /// A new session was refused: `reason` is a ``DropReason``.
    case deny = 2
}
