import FlowLayout
import KernelFunctions

/// The datapath's maps, as FlowCore uses them.
///
/// Functions that need a key's hash receive it as an argument, so the stack of the hash function is not below theirs.
/// Only the lookup, which every packet pays for, computes the hash itself: this saves a call.
struct KernelTables: Tables {
    @inline(__always)
    init() {}

    @inline(__always)
    func findFlow(_ key: UnsafePointer<sluice_session_key>) -> sluice_flow_value? {
        var value = sluice_flow_value()
        return sluice_find_flow(key, &value) == 0 ? value : nil
    }

    @inline(__always)
    func insertFlow(_ key: UnsafePointer<sluice_session_key>, hash: UInt64, slot: UInt32) -> Bool {
        sluice_insert_flow(key, hash, slot) == 0
    }

    @inline(__always)
    func removeFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32) {
        _ = sluice_remove_flow(sluice_key_hash(key), slot)
    }

    @inline(__always)
    func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>? { sluice_session_at(slot) }

    @inline(__always)
    func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>? { sluice_word_at(slot) }

    @inline(__always)
    func keyHash(of key: UnsafePointer<sluice_session_key>) -> UInt64 { sluice_key_hash(key) }

    @inline(__always)
    func takeSlot(hash: UInt64) -> UInt32? {
        let slot = sluice_take_slot(hash)
        return slot < 0 ? nil : UInt32(truncatingIfNeeded: slot)
    }

    @inline(__always)
    var runtime: UnsafeMutablePointer<sluice_runtime>? { sluice_runtime_at() }

    @inline(__always)
    func askHalfOpen(_ packet: UnsafePointer<sluice_packet>, now: UInt32) -> HalfOpenSessions.Answer {
        HalfOpenSessions.Answer(rawValue: UInt32(bitPattern: sluice_ask_half_open(packet, now)))
    }

    @inline(__always)
    func noteHalfOpenBegan(slot: UInt32, source: UInt32, now: UInt32) {
        _ = sluice_note_half_open_began(slot, source, now)
    }

    @inline(__always)
    func noteHalfOpenLeft(_ session: UnsafePointer<sluice_session>, slot: UInt32, now: UInt32) {
        _ = sluice_note_half_open_left(session, slot, now)
    }

    @inline(__always)
    func classify(_ question: UnsafeMutablePointer<sluice_classification>) -> Bool { sluice_classify(question) == 0 }

    @inline(__always)
    func fragment(_ key: UnsafePointer<sluice_fragment_key>) -> sluice_fragment_value? {
        sluice_fragment_at(key)?.pointee
    }

    @inline(__always)
    func insertFragment(
        _ key: UnsafePointer<sluice_fragment_key>, _ value: UnsafePointer<sluice_fragment_value>
    ) {
        sluice_fragment_insert(key, value)
    }

    @inline(__always)
    func attempt(_ key: UnsafePointer<sluice_attempt_key>) -> UnsafeMutablePointer<sluice_attempt>? {
        sluice_attempt_at(key)
    }

    @inline(__always)
    func insertAttempt(_ key: UnsafePointer<sluice_attempt_key>, _ value: UnsafePointer<sluice_attempt>) {
        sluice_attempt_insert(key, value)
    }

    @inline(__always)
    func reviewHandshake(
        _ packet: UnsafePointer<sluice_packet>, slot: UInt32, _ word: ControlWord, now: UInt32
    ) -> HandshakeAttempts.Outcome {
        let outcome = sluice_review_handshake(UnsafeMutablePointer(mutating: packet), slot, word.rawValue, now)
        return HandshakeAttempts.Outcome(rawValue: UInt32(bitPattern: outcome)) ?? .none
    }

    @inline(__always)
    func timestamps(_ slot: UInt32) -> UnsafeMutablePointer<sluice_timestamps>? { sluice_timestamps_at(slot) }

    @inline(__always)
    func onIdle(_ treatment: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: sluice_on_idle(UInt32(treatment))) }

    @inline(__always)
    func rememberFragment(
        _ packet: UnsafePointer<sluice_packet>, _ flow: sluice_flow_value, isOriginator: Bool, now: UInt32
    ) {
        _ = sluice_remember_fragment(
            UnsafeMutablePointer(mutating: packet), UInt64(flow.generation) << 32 | UInt64(flow.slot),
            isOriginator ? 1 : 0, now)
    }

    @inline(__always)
    func followFragment(_ packet: UnsafeMutablePointer<sluice_packet>, now: UInt32) -> Verdict {
        Verdict(rawValue: UInt32(bitPattern: sluice_follow_fragment(packet, now)))
    }

    @inline(__always)
    func emitEvent(
        _ kind: EventKind, reason: UInt8, _ packet: UnsafePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>,
        _ question: UnsafeMutablePointer<sluice_classification>, _ flow: sluice_flow_value
    ) {
        let key = UnsafeRawPointer(packet).assumingMemoryBound(to: sluice_session_key.self)
        let instance = UInt32(bitPattern: sluice_ring_owner(sluice_key_hash(key), flow.slot, UInt32(kind.rawValue)))
        _ = sluice_emit_event(
            UnsafeMutablePointer(mutating: packet), UnsafeMutablePointer(mutating: route), question,
            UInt64(flow.generation) << 32 | UInt64(flow.slot),
            instance << 16 | UInt32(reason) << 8 | UInt32(kind.rawValue))
    }

    @inline(__always)
    func countBegun(_ kind: SessionKind) { sluice_count(UInt32(Counter.begun(kind))) }

    @inline(__always)
    func mayEmitDeny(now: UInt32) -> Bool { sluice_may_emit_deny(now) != 0 }
}

extension KernelTables: SlotTables, FlowIndexTables, HalfOpenTables {
    @inline(__always)
    func sourceTally(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? { sluice_source_at(index) }

    @inline(__always)
    func steering(_ index: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: sluice_steering_entry(index)) }

    @inline(__always)
    func takeSlot(of instance: UInt32) -> UInt32? {
        let slot = sluice_take_slot_of(instance)
        return slot < 0 ? nil : UInt32(truncatingIfNeeded: slot)
    }

    @inline(__always)
    func bucket(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? {
        UnsafeMutableRawPointer(sluice_bucket_at(index))?.assumingMemoryBound(to: UInt64.self)
    }

    @inline(__always)
    func instance(_ identifier: UInt32) -> UnsafeMutablePointer<sluice_instance>? { sluice_instance_at(identifier) }

    @inline(__always)
    func slab(_ index: UInt32) -> UnsafeMutablePointer<sluice_slab>? { sluice_slab_at(index) }

    @inline(__always)
    func freeEntry(_ index: UInt32) -> UInt16? {
        guard let four = sluice_free_at(index >> 2) else { return nil }
        return UInt16(truncatingIfNeeded: four.pointee >> UInt64((index & 3) &* 16))
    }
}

/// The bytes of a socket buffer.
struct SocketBuffer: PacketBytes {
    let context: UnsafeRawPointer

    @inline(__always)
    init(_ context: UnsafeRawPointer) { self.context = context }

    @inline(__always)
    var length: UInt32 { sluice_packet_length(context) }

    @inline(__always)
    var segmentSize: UInt32 { sluice_segment_size(context) }

    @inline(__always)
    func load(_ destination: UnsafeMutableRawPointer, at offset: UInt32, count: UInt32) -> Bool {
        sluice_load_bytes(context, offset, destination, count) == 0
    }

    @inline(__always)
    func walkExtensions(_ walk: UnsafeMutablePointer<sluice_extension_walk>) -> Verdict {
        Verdict(rawValue: UInt32(bitPattern: sluice_call_walk_extensions(context, walk)))
    }

    @inline(__always)
    func readOptions(
        transportOffset: UInt32, headerLength: UInt32, _ found: UnsafeMutablePointer<sluice_tcp_option_values>
    ) {
        sluice_call_read_options(context, transportOffset, headerLength, found)
    }
}
