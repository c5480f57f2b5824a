import FlowLayout
import KernelFunctions

// The steps of a judgement. Each is the body of a function of datapath.bpf.c that the verifier checks separately.

@c(sluice_parse_body)
@inline(__always)
func parseBody(
    _ context: UnsafeRawPointer, _ linkHeaderLength: UInt32, _ etherType: UInt32,
    _ packet: UnsafeMutablePointer<sluice_packet>
) -> UInt32 {
    PacketParser.parse(
        SocketBuffer(context), linkHeaderLength: linkHeaderLength, etherType: UInt16(truncatingIfNeeded: etherType),
        into: packet
    ).rawValue
}

@c(sluice_follow_session_body)
@inline(__always)
func followSessionBody(_ packet: UnsafeMutablePointer<sluice_packet>, _ now: UInt32) -> UInt32 {
    Judge.followSession(packet, now: now, KernelTables()).rawValue
}

/// A session's slot and generation, packed into one register.
@inline(__always)
private func flowValue(_ flow: UInt64) -> sluice_flow_value {
    sluice_flow_value(slot: UInt32(truncatingIfNeeded: flow), generation: UInt32(truncatingIfNeeded: flow >> 32))
}

@c(sluice_remember_fragment_body)
@inline(__always)
func rememberFragmentBody(
    _ packet: UnsafePointer<sluice_packet>, _ flow: UInt64, _ isOriginator: UInt32, _ now: UInt32
) {
    FragmentTracking.rememberFragment(packet, flowValue(flow), isOriginator != 0, now, KernelTables())
}

@c(sluice_follow_fragment_body)
@inline(__always)
func followFragmentBody(_ packet: UnsafeMutablePointer<sluice_packet>, _ now: UInt32) -> UInt32 {
    FragmentTracking.followFragment(packet, now: now, KernelTables()).rawValue
}

@c(sluice_admit_body)
@inline(__always)
func admitBody(
    _ packet: UnsafeMutablePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>, _ now: UInt32
) -> UInt32 {
    Admission.admit(packet, route, now: now, KernelTables()).rawValue
}

/// 0 if there is no table.
@c(sluice_key_hash_body)
@inline(__always)
func keyHashBody(_ key: UnsafePointer<sluice_session_key>) -> UInt64 {
    guard let runtime = KernelTables().runtime else { return 0 }
    return KeyHash.of(key, keys: sluice_hash_keys(runtime))
}

@c(sluice_find_flow_body)
@inline(__always)
func findFlowBody(
    _ key: UnsafePointer<sluice_session_key>, _ value: UnsafeMutablePointer<sluice_flow_value>
) -> Int32 {
    let tables = KernelTables()
    guard let runtime = tables.runtime,
        let found = FlowIndex.findFlow(key, FlowIndex.Place(key, runtime), tables)
    else { return -1 }
    value.pointee = found
    return 0
}

@c(sluice_insert_flow_body)
@inline(__always)
func insertFlowBody(_ key: UnsafePointer<sluice_session_key>, _ hash: UInt64, _ slot: UInt32) -> Int32 {
    let tables = KernelTables()
    guard let runtime = tables.runtime else { return -1 }
    return FlowIndex.insertFlow(key, slot: slot, FlowIndex.Place(hash: hash, runtime), tables) ? 0 : -1
}

@c(sluice_remove_flow_body)
@inline(__always)
func removeFlowBody(_ hash: UInt64, _ slot: UInt32) -> Int32 {
    let tables = KernelTables()
    guard let runtime = tables.runtime else { return -1 }
    FlowIndex.removeFlow(slot: slot, FlowIndex.Place(hash: hash, runtime), tables)
    return 0
}

@c(sluice_take_slot_body)
@inline(__always)
func takeSlotBody(_ hash: UInt64) -> Int32 {
    guard let slot = SessionSteering.takeSlot(hash: hash, KernelTables()) else { return -1 }
    return Int32(truncatingIfNeeded: slot)
}

@c(sluice_take_slot_of_body)
@inline(__always)
func takeSlotOfBody(_ instance: UInt32) -> Int32 {
    guard let slot = SlotAllocation.takeSlot(of: instance, KernelTables()) else { return -1 }
    return Int32(truncatingIfNeeded: slot)
}

/// Fills an event.
@c(sluice_fill_event_body)
@inline(__always)
func fillEventBody(
    _ packet: UnsafePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>,
    _ question: UnsafePointer<sluice_classification>, _ flow: UInt64, _ what: UInt32,
    _ event: UnsafeMutablePointer<sluice_event>
) {
    SessionEvent.fillEvent(
        event, kind: UInt8(truncatingIfNeeded: what), reason: UInt8(truncatingIfNeeded: what >> 8), packet, route,
        question, flowValue(flow))
}

/// ``HalfOpenSessions/Answer``
@c(sluice_ask_half_open_body)
@inline(__always)
func askHalfOpenBody(_ packet: UnsafePointer<sluice_packet>, _ now: UInt32) -> UInt32 {
    HalfOpenSessions.askHalfOpen(packet, now: now, KernelTables()).rawValue
}

@c(sluice_note_half_open_began_body)
@inline(__always)
func noteHalfOpenBeganBody(_ slot: UInt32, _ source: UInt32, _ now: UInt32) {
    HalfOpenSessions.noteHalfOpenBegan(slot: slot, source: source, now: now, KernelTables())
}

@c(sluice_note_half_open_left_body)
@inline(__always)
func noteHalfOpenLeftBody(_ session: UnsafePointer<sluice_session>, _ slot: UInt32, _ now: UInt32) {
    HalfOpenSessions.noteHalfOpenLeft(session, slot: slot, now: now, KernelTables())
}

/// The instance whose ring receives the event.
@c(sluice_ring_owner_body)
@inline(__always)
func ringOwnerBody(_ hash: UInt64, _ slot: UInt32, _ kind: UInt32) -> UInt32 {
    SessionSteering.ringOwner(of: kind, hash: hash, slot: slot, KernelTables())
}

@c(sluice_read_options_body)
@inline(__always)
func readOptionsBody(
    _ options: UnsafeRawPointer, _ length: UInt32, _ found: UnsafeMutablePointer<sluice_tcp_option_values>
) {
    TCPOptions.readOptions(options, length: length, into: found)
}

@c(sluice_walk_extensions_body)
@inline(__always)
func walkExtensionsBody(_ context: UnsafeRawPointer, _ walk: UnsafeMutablePointer<sluice_extension_walk>) -> UInt32 {
    IPv6Extensions.walkExtensions(SocketBuffer(context), walk).rawValue
}

@c(sluice_review_handshake_body)
@inline(__always)
func reviewHandshakeBody(
    _ packet: UnsafePointer<sluice_packet>, _ slot: UInt32, _ word: UInt64, _ now: UInt32
) -> UInt32 {
    HandshakeAttempts.reviewHandshake(packet, slot: slot, ControlWord(rawValue: word), now: now, KernelTables())
        .rawValue
}

@c(sluice_note_timestamp_body)
@inline(__always)
func noteTimestampBody(_ context: UnsafeRawPointer, _ packet: UnsafeMutablePointer<sluice_packet>) {
    TimestampTracking.noteTimestamp(SocketBuffer(context), packet, KernelTables())
}

@c(sluice_begins_session_body)
@inline(__always)
func beginsSessionBody(_ packet: UnsafePointer<sluice_packet>) -> Bool { SessionTracker.beginsSession(packet) }

/// Writes the RST that answers a packet, IP header first, into at least ``TCPSegment/maximumLength`` bytes.
///
/// - Parameter partial: the interface completes the socket buffer's checksum on output, from a sum over the
///   pseudo-header (CHECKSUM_PARTIAL).
/// - Returns: bytes written.
@c(sluice_answer_reset_body)
@inline(__always)
func answerResetBody(
    _ packet: UnsafePointer<sluice_packet>, _ memory: UnsafeMutableRawPointer, _ partial: UInt32
) -> UInt32 {
    let segment = ResetAnswer.answerReset(packet)
    let length = segment.write(to: memory)
    if partial != 0 {
        memory.storeBytes(
            of: InternetChecksum.folded(segment.pseudoHeaderSum).bigEndian, toByteOffset: length &- 4,
            as: UInt16.self)
    }
    return UInt32(truncatingIfNeeded: length)
}

/// Whether the kernel's own forwarding must handle the packet.
@c(sluice_needs_slow_path_body)
@inline(__always)
func needsSlowPathBody(_ packet: UnsafePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>) -> Bool {
    packet.pointee.flags & PacketFlags.options != 0 || packet.pointee.timeToLive <= 1
        || route.pointee.kind != RouteKind.forward.rawValue
}
