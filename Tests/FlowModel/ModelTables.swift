package import FlowCore
package import FlowLayout

/// The datapath's maps in plain memory: FlowCore judges by them as the kernel program does by its maps.
package final class ModelTables: Tables, SlotTables, FlowIndexTables, HalfOpenTables {
    package let slotCount: Int
    package let slabShift: UInt32
    package let sessions: UnsafeMutablePointer<sluice_session>
    package let words: UnsafeMutablePointer<UInt64>
    package let ring: UnsafeMutablePointer<UInt16>
    package let slabs: UnsafeMutablePointer<sluice_slab>
    package let instances: UnsafeMutablePointer<sluice_instance>
    private let runtimeMemory: UnsafeMutablePointer<sluice_runtime>

    package let sources: UnsafeMutablePointer<UInt64>
    private let buckets: UnsafeMutablePointer<sluice_bucket>
    private let bucketCount: Int
    package var fragments: [FragmentKey: sluice_fragment_value] = [:]
    private var attempts: [AttemptKey: UnsafeMutablePointer<sluice_attempt>] = [:]
    /// Attempts that the model is to have forgotten, as the kernel's memory is short.
    package var hasForgotten: (sluice_attempt_key) -> Bool = { _ in false }
    /// What other processors do while this one reviews a handshake, once; before that it looks for so many attempts.
    package var meanwhile: (() -> Void)?
    package var lookupsBefore = 0
    package let timestampMemory: UnsafeMutablePointer<sluice_timestamps>
    /// By treatment; others are reset.
    package var onIdle: [UInt16: UInt8] = [:]
    package var events: [sluice_event] = []
    /// Whose rings the events went to.
    package var eventInstances: [UInt32] = []
    package var steeringTable = [UInt8](repeating: 1, count: Int(SLUICE_STEERING_ENTRIES))
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
        self.slabShift = slabShift
        slotCount = slabCount << Int(slabShift)
        sessions = .allocate(capacity: slotCount)
        sessions.initialize(repeating: sluice_session(), count: slotCount)
        words = .allocate(capacity: slotCount)
        words.initialize(repeating: 0, count: slotCount)
        timestampMemory = .allocate(capacity: slotCount)
        timestampMemory.initialize(repeating: sluice_timestamps(), count: slotCount)
        ring = .allocate(capacity: slotCount)
        ring.initialize(repeating: 0, count: slotCount)
        slabs = .allocate(capacity: slabCount)
        slabs.initialize(repeating: sluice_slab(), count: slabCount)
        instances = .allocate(capacity: Int(SLUICE_MAX_INSTANCES))
        instances.initialize(repeating: sluice_instance(), count: Int(SLUICE_MAX_INSTANCES))
        var bucketCount = 2
        while bucketCount * 4 < slotCount { bucketCount *= 2 }
        self.bucketCount = bucketCount
        buckets = .allocate(capacity: bucketCount)
        buckets.initialize(repeating: sluice_bucket(), count: bucketCount)
        runtimeMemory = .allocate(capacity: 1)
        runtimeMemory.initialize(to: sluice_runtime())
        runtimeMemory.pointee.slabShift = slabShift
        runtimeMemory.pointee.bucketMask = UInt32(bucketCount - 1)
        sources = .allocate(capacity: Int(SLUICE_SOURCE_TALLIES))
        sources.initialize(repeating: 0, count: Int(SLUICE_SOURCE_TALLIES))
        runtimeMemory.setHashKeys(seed: 0x51C1CE)
        runtimeMemory.pointee.sourceEpochShift = 12
        runtimeMemory.pointee.halfOpenLimit = UInt32(slotCount)
        runtimeMemory.pointee.fragmentTimeoutTicks = 1800
        runtimeMemory.pointee.hostPing = 1
        runtimeMemory.pointee.tellsEvents = 1
        runtimeMemory.pointee.servingInstances = 1 << 1
        for slot in 0..<slotCount {
            let slab = slot >> Int(slabShift)
            SlabRing.push(slot: UInt32(slot), slab: self.slabs + slab, ring: ring, shift: slabShift)
            self.slabs[slab].owner = 1
            sluice_or64(UnsafeMutableRawPointer(instances + 1).assumingMemoryBound(to: UInt64.self), 1 << UInt64(slab))
        }
    }

    deinit {
        sessions.deallocate()
        buckets.deallocate()
        sources.deallocate()
        words.deallocate()
        timestampMemory.deallocate()
        for attempt in attempts.values { attempt.deallocate() }
        ring.deallocate()
        slabs.deallocate()
        instances.deallocate()
        runtimeMemory.deallocate()
    }

    package var runtime: UnsafeMutablePointer<sluice_runtime>? { runtimeMemory }

    package func bucket(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? {
        index < bucketCount
            ? UnsafeMutableRawPointer(buckets + Int(index)).assumingMemoryBound(to: UInt64.self) : nil
    }

    package func flow(_ key: UnsafePointer<sluice_session_key>) -> sluice_flow_value? {
        FlowIndex.find(key, FlowIndex.Place(key, runtimeMemory), self)
    }

    package func insertFlow(_ key: UnsafePointer<sluice_session_key>, hash: UInt64, slot: UInt32) -> Bool {
        FlowIndex.insert(key, slot: slot, FlowIndex.Place(hash: hash, runtimeMemory), self)
    }

    package func removeFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32) {
        FlowIndex.remove(slot: slot, FlowIndex.Place(key, runtimeMemory), self)
    }

    /// Takes a key out, whatever its slot.
    package func remove(_ key: sluice_session_key) {
        var key = key
        if let found = flow(&key) { removeFlow(&key, slot: found.slot) }
    }

    package func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>? {
        slot < slotCount ? sessions + Int(slot) : nil
    }

    package func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>? { slot < slotCount ? words + Int(slot) : nil }

    package func takeSlot(hash: UInt64) -> UInt32? { Steering.takeSlot(hash: hash, self) }

    package func takeSlot(of instance: UInt32) -> UInt32? { SlotAllocation.take(instance: instance, self) }

    package func hash(of key: UnsafePointer<sluice_session_key>) -> UInt64 {
        KeyHash.of(key, keys: sluice_hash_keys(runtimeMemory))
    }

    package func steering(_ index: UInt32) -> UInt8 { steeringTable[Int(index) & (Int(SLUICE_STEERING_ENTRIES) - 1)] }

    package func instance(_ identifier: UInt32) -> UnsafeMutablePointer<sluice_instance>? {
        identifier < SLUICE_MAX_INSTANCES ? instances + Int(identifier) : nil
    }

    package func slab(_ index: UInt32) -> UnsafeMutablePointer<sluice_slab>? {
        Int(index) < slotCount >> Int(slabShift) ? slabs + Int(index) : nil
    }

    package func freeEntry(_ index: UInt32) -> UInt16? { index < slotCount ? ring[Int(index)] : nil }

    package func sourceTally(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? {
        index < UInt32(SLUICE_SOURCE_TALLIES) ? sources + Int(index) : nil
    }

    package func askHalfOpen(_ packet: UnsafePointer<sluice_packet>, now: UInt32) -> HalfOpenSessions.Answer {
        HalfOpenSessions.ask(packet, now: now, self)
    }

    package func noteHalfOpenBegan(slot: UInt32, source: UInt32, now: UInt32) {
        HalfOpenSessions.began(slot: slot, source: source, now: now, self)
    }

    package func noteHalfOpenLeft(_ session: UnsafePointer<sluice_session>, slot: UInt32, now: UInt32) {
        HalfOpenSessions.left(session, slot: slot, now: now, self)
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
        HandshakeAttempts.review(packet, slot: slot, word, now: now, self)
    }

    private func letOthersRun() {
        guard let others = meanwhile else { return }
        meanwhile = nil
        others()
    }

    package func timestamps(_ slot: UInt32) -> UnsafeMutablePointer<sluice_timestamps>? {
        slot < slotCount ? timestampMemory + Int(slot) : nil
    }

    package func onIdle(_ treatment: UInt16) -> UInt8 { onIdle[treatment] ?? OnIdle.reset.rawValue }

    package func emit(
        _ kind: EventKind, reason: UInt8, _ packet: UnsafePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>,
        _ question: UnsafeMutablePointer<sluice_classification>, _ flow: sluice_flow_value
    ) {
        var event = sluice_event()
        SessionEvent.fill(&event, kind: kind.rawValue, reason: reason, packet, route, question, flow)
        events.append(event)
        eventInstances.append(
            Steering.teller(of: UInt32(kind.rawValue), hash: hash(of: &event.key), slot: flow.slot, self))
    }

    package func countBegun(_ kind: SessionKind) { begun[kind, default: 0] += 1 }

    package func mayEmitDeny(now: UInt32) -> Bool { denyEventsAllowed }
}

extension UnsafeMutablePointer where Pointee == sluice_runtime {
    /// Makes the secret words of the hashes from a seed (SplitMix64), so that a test repeats itself.
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
