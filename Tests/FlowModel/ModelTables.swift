package import FlowCore
package import FlowLayout

/// The datapath's maps in plain memory: FlowCore uses them as the kernel program uses its maps.
package final class ModelTables: Tables {
    /// The table as instance 1 sees it.
    package let table: SessionTable
    package var fragments: [FragmentKey: sluice_fragment_value] = [:]
    private var attempts: [AttemptKey: UnsafeMutablePointer<sluice_attempt>] = [:]
    /// Attempts that the model must not find, because the kernel evicts the oldest ones.
    package var hasForgotten: (sluice_attempt_key) -> Bool = { _ in false }
    /// What other processors do while this one reviews a handshake. It runs once, after ``lookupsBefore`` lookups of
    /// attempts.
    package var meanwhile: (() -> Void)?
    package var lookupsBefore = 0
    package let timestampMemory: UnsafeMutablePointer<sluice_timestamps>
    /// The idle action by treatment; other treatments reset.
    package var onIdle: [UInt16: UInt8] = [:]
    package var events: [sluice_event] = []
    /// The instances whose rings received the events.
    package var eventInstances: [UInt32] = []
    package var begun: [SessionKind: Int] = [:]
    package var denyEventsAllowed = true
    /// The policy: everything is allowed unless a test says otherwise.
    package var policy: (UnsafeMutablePointer<sluice_classification>) -> Bool = { question in
        question.pointee.allowed = 1
        question.pointee.rule = 1
        question.pointee.treatment = TreatmentIndex.byClass
        question.pointee.sourceIsInternal = 1
        return true
    }

    package init(slabs slabCount: Int = 1, slabShift: UInt32 = 6) {
        table = .allocate(
            slotCount: slabCount << Int(slabShift), slabShift: Int(slabShift), instanceIdentifier: 1)
        timestampMemory = .allocate(capacity: table.slotCount)
        timestampMemory.initialize(repeating: sluice_timestamps(), count: table.slotCount)
        let runtime = table.runtime
        runtime.setHashKeys(seed: 0x51C1CE)
        runtime.pointee.sourceEpochShift = 12
        runtime.pointee.halfOpenLimit = UInt32(table.slotCount)
        runtime.pointee.fragmentTimeoutTicks = 1800
        runtime.pointee.hostPing = 1
        runtime.pointee.reportsEvents = 1
        runtime.pointee.servingInstances = 1 << 1
        for entry in 0..<Int(SLUICE_STEERING_ENTRIES) { table.steering[entry] = 1 }
        let slabsOfFirst = UnsafeMutableRawPointer(table.instances + 1).assumingMemoryBound(to: UInt64.self)
        for slot in 0..<table.slotCount {
            let slab = slot >> Int(slabShift)
            SlabRing.push(slot: UInt32(slot), slab: table.slabs + slab, ring: table.freeRing, shift: slabShift)
            table.slabs[slab].owner = 1
            sluice_or64(slabsOfFirst, 1 << UInt64(slab))
        }
    }

    deinit {
        table.deallocate()
        timestampMemory.deallocate()
        for attempt in attempts.values { attempt.deallocate() }
    }

    package var runtime: UnsafeMutablePointer<sluice_runtime>? { table.runtime }

    package func findFlow(_ key: UnsafePointer<sluice_session_key>) -> sluice_flow_value? {
        table.findFlow(key)
    }

    package func insertFlow(_ key: UnsafePointer<sluice_session_key>, hash: UInt64, slot: UInt32) -> Bool {
        FlowIndex.insertFlow(key, slot: slot, FlowIndex.Place(hash: hash, table.runtime), table.checked)
    }

    package func removeFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32) {
        table.removeFlow(key, slot: slot)
    }

    /// Removes a key, whatever its slot.
    package func removeFlow(_ key: sluice_session_key) {
        var key = key
        if let found = findFlow(&key) { removeFlow(&key, slot: found.slot) }
    }

    package func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>? { table.checked.session(slot) }

    package func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>? { table.checked.word(slot) }

    package func takeSlot(hash: UInt64) -> UInt32? { SessionSteering.takeSlot(hash: hash, table.checked) }

    package func keyHash(of key: UnsafePointer<sluice_session_key>) -> UInt64 {
        KeyHash.of(key, keys: sluice_hash_keys(table.runtime))
    }

    package func askHalfOpen(_ packet: UnsafePointer<sluice_packet>, now: UInt32) -> HalfOpenSessions.Answer {
        HalfOpenSessions.askHalfOpen(packet, now: now, table.checked)
    }

    package func noteHalfOpenBegan(slot: UInt32, source: UInt32, now: UInt32) {
        HalfOpenSessions.noteHalfOpenBegan(slot: slot, source: source, now: now, table.checked)
    }

    package func noteHalfOpenLeft(_ session: UnsafePointer<sluice_session>, slot: UInt32, now: UInt32) {
        HalfOpenSessions.noteHalfOpenLeft(session, slot: slot, now: now, table.checked)
    }

    package func classify(_ question: UnsafeMutablePointer<sluice_classification>) -> Bool {
        guard policy(question) else { return false }
        let isEastWest = question.pointee.sourceIsInternal != 0 && question.pointee.destinationIsInternal != 0
        let group: ProtocolGroup =
            switch question.pointee.protocol {
            case IPProtocol.tcp: .tcp
            case IPProtocol.udp: .udp
            case IPProtocol.icmp, IPProtocol.icmpv6: .icmp
            default: .other
            }
        question.pointee.treatment |= UInt16(SessionKind(isEastWest ? .eastWest : .northSouth, group).index)
        return true
    }

    package func fragment(_ key: UnsafePointer<sluice_fragment_key>) -> sluice_fragment_value? {
        fragments[FragmentKey(key.pointee)]
    }

    package func insertFragment(
        _ key: UnsafePointer<sluice_fragment_key>, _ value: UnsafePointer<sluice_fragment_value>
    ) {
        fragments[FragmentKey(key.pointee)] = value.pointee
    }

    package func attempt(_ key: UnsafePointer<sluice_attempt_key>) -> UnsafeMutablePointer<sluice_attempt>? {
        let found = hasForgotten(key.pointee) ? nil : attempts[AttemptKey(key.pointee)]
        if lookupsBefore == 0 { letOthersRun() } else { lookupsBefore -= 1 }
        return found
    }

    package func insertAttempt(
        _ key: UnsafePointer<sluice_attempt_key>, _ value: UnsafePointer<sluice_attempt>
    ) {
        let key = AttemptKey(key.pointee)
        let memory = attempts[key] ?? .allocate(capacity: 1)
        memory.initialize(to: value.pointee)
        attempts[key] = memory
        letOthersRun()
    }

    package func reviewHandshake(
        _ packet: UnsafePointer<sluice_packet>, slot: UInt32, _ word: ControlWord, now: UInt32
    ) -> HandshakeAttempts.Outcome {
        HandshakeAttempts.reviewHandshake(packet, slot: slot, word, now: now, self)
    }

    private func letOthersRun() {
        guard let others = meanwhile else { return }
        meanwhile = nil
        others()
    }

    package func timestamps(_ slot: UInt32) -> UnsafeMutablePointer<sluice_timestamps>? {
        slot < table.slotCount ? timestampMemory + Int(slot) : nil
    }

    package func onIdle(_ treatment: UInt16) -> UInt8 { onIdle[treatment] ?? OnIdle.reset.rawValue }

    package func emitEvent(
        _ kind: EventKind, reason: UInt8, _ packet: UnsafePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>,
        _ question: UnsafeMutablePointer<sluice_classification>, _ flow: sluice_flow_value
    ) {
        var event = sluice_event()
        SessionEvent.fillEvent(&event, kind: kind.rawValue, reason: reason, packet, route, question, flow)
        events.append(event)
        eventInstances.append(
            SessionSteering.ringOwner(
                of: UInt32(kind.rawValue), hash: keyHash(of: &event.key), slot: flow.slot, table.checked))
    }

    package func countBegun(_ kind: SessionKind) { begun[kind, default: 0] += 1 }

    package func mayEmitDeny(now: UInt32) -> Bool { denyEventsAllowed }
}

extension UnsafeMutablePointer where Pointee == sluice_runtime {
    /// Makes the secret words of the hashes from a seed (SplitMix64), so that a test is repeatable.
    package func setHashKeys(seed: UInt64) {
        var state = seed
        withUnsafeMutableBytes(of: &pointee.hashKeys) { bytes in
            let words = bytes.assumingMemoryBound(to: UInt64.self)
            for index in words.indices {
                state &+= 0x9E37_79B9_7F4A_7C15
                var value = state
                value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
                value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
                words[index] = value ^ (value >> 31)
            }
        }
    }
}

/// A fragment key that a dictionary can hold.
package struct FragmentKey: Hashable {
    let addresses: [UInt64]
    let identification: UInt32
    let kind: [UInt8]

    package init(_ key: sluice_fragment_key) {
        addresses = [key.source.high, key.source.low, key.destination.high, key.destination.low]
        identification = key.identification
        kind = [key.protocol, key.zone]
    }
}

/// An attempt's key that a dictionary can hold.
package struct AttemptKey: Hashable {
    let numbers: [UInt32]

    package init(_ key: sluice_attempt_key) {
        numbers = [key.slot, key.generation, key.acknowledgment, key.fromOriginator]
    }
}
