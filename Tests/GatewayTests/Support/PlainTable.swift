import FlowCore
import FlowLayout
import FlowModel

@testable import Gateway

/// A session table in plain memory, with a dictionary as its flow table.
final class PlainTable {
    let table: SessionTable
    let flows = PlainFlows()
    let outlet = RecordingOutlet()
    let limits = ExpiryLimits()

    static let northSouthTicks: UInt32 = 1000
    static let eastWestTicks: UInt32 = 1250
    static let probeTreatment: UInt16 = 16
    static let probeTicks: UInt32 = 400
    static let halfOpenTicks: UInt32 = 100
    static let closingTicks: UInt32 = 200
    static let closedTicks: UInt32 = 30
    static let tombstoneTicks: UInt32 = 40

    init(slots: Int = 256, slabShift: Int = 6) {
        table = .allocate(slotCount: slots, slabShift: slabShift, instanceIdentifier: 1)
        for slab in 0..<table.slabCount {
            table.slabs[slab].owner = 1
            for slot in table.slots(ofSlab: slab) { FreeSlots(table: table).push(slot) }
        }
        FreeSlots(table: table).announceAll()
        setTreatment(TreatmentIndex.northSouth, Self.northSouthTicks, .reset)
        setTreatment(TreatmentIndex.eastWest, Self.eastWestTicks, .silent)
        setTreatment(TreatmentIndex.udp, Self.northSouthTicks, .reset)
        setTreatment(Self.probeTreatment, Self.probeTicks, .probe)
        table.runtime.pointee.halfOpenTimeoutTicks = Self.halfOpenTicks
        table.runtime.pointee.closingTimeoutTicks = Self.closingTicks
        table.runtime.pointee.closedTimeoutTicks = Self.closedTicks
        table.runtime.pointee.tombstoneTimeoutTicks = Self.tombstoneTicks
        table.runtime.pointee.sourceEpochShift = SourceTally.shift(halfOpenTimeoutTicks: Self.halfOpenTicks)
        withUnsafeMutableBytes(of: &table.runtime.pointee.hashKeys) { bytes in
            let words = bytes.assumingMemoryBound(to: UInt64.self)
            for index in words.indices { words[index] = UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15 }
        }
        limits.update(from: table, occupied: 0)
    }

    deinit { table.deallocate() }

    func setTreatment(_ index: UInt16, _ ticks: UInt32, _ onIdle: OnIdle) {
        table.treatments[Int(index)].timeoutTicks = ticks
        table.treatments[Int(index)].onIdle = onIdle.rawValue
    }

    /// What the kernel does: takes a slot from the first slab (or the wanted one) that has one, fills it, enters its key.
    @discardableResult
    func admit(
        port: UInt16, state: SessionState = .established, treatment: UInt16 = TreatmentIndex.northSouth,
        tick: UInt32 = 0, ipProtocol: UInt8 = IPProtocol.tcp, slab wanted: Int? = nil, source: UInt32 = 0x0A01_0002
    ) -> Int? {
        for slab in 0..<table.slabCount where wanted ?? slab == slab && SlabRing.count(table.slabs + slab) > 0 {
            let mask = UInt32(table.slabSlots - 1)
            let head = table.slabs[slab].head
            let slot = slab << table.slabShift + Int(table.freeRing[slab << table.slabShift + Int(head & mask)])
            table.slabs[slab].head = head &+ 1
            let source = sluice_address(high: 0, low: 0xFFFF_0000_0000 | UInt64(source))
            let destination = sluice_address(high: 0, low: 0xFFFF_C000_0201)
            let (key, isLow) = sluice_session_key.of(
                source: source, destination: destination, sourcePort: port, destinationPort: 443,
                protocol: ipProtocol, family: 4)
            var session = sluice_session()
            session.key = key
            session.createdTick = tick
            session.flags = isLow ? SessionFlags.originatorIsLow : 0
            for end in [\sluice_session.originator, \.responder] {
                session[keyPath: end].flags = EndFlags.syn | EndFlags.acknowledgment
                session[keyPath: end].sequenceEnd = 5000
                session[keyPath: end].acknowledged = 5000
                session[keyPath: end].packets = 10
            }
            table.sessions[slot] = session
            let generation = table.word(slot).generation
            let word = ControlWord(tick: tick, state: state, treatment: treatment, generation: generation)
            table.words[slot] = word.rawValue
            flows.entries[Key(key)] = sluice_flow_value(
                slot: UInt32(slot), generation: UInt32(generation))
            if state == .synSent || state == .synReceived {
                table.slabs[slab].halfOpenBegun &+= 1
                table.runtime.pointee.halfOpenChanges &+= 1
                let epoch = SourceTally.epoch(of: tick, shift: table.runtime.pointee.sourceEpochShift)
                SourceTally.add(sourceTally(slot), epoch: epoch)
            }
            return slot
        }
        return nil
    }

    /// A segment of the session arrives. As in the kernel, it restarts the timer, unless the session is over.
    @discardableResult
    func segment(_ slot: Int, at tick: UInt32) -> Bool {
        let word = table.word(slot)
        guard word.isState(.established) else { return false }
        return table.exchange(slot, word, with: word.with(tick: tick))
    }

    /// Half-open sessions, as the kernel program's limit has them.
    var halfOpenEstimate: UInt32 { HalfOpenTally.estimate(table.runtime) }

    /// Half-open sessions of the session's source, as the kernel program's limit has them.
    func halfOpenOfSource(_ slot: Int, at tick: UInt32) -> UInt32 {
        let epoch = SourceTally.epoch(of: tick, shift: table.runtime.pointee.sourceEpochShift)
        return SourceTally.count(sourceTally(slot).pointee, epoch: epoch)
    }

    private func sourceTally(_ slot: Int) -> UnsafeMutablePointer<UInt64> {
        table.sources + Int(HalfOpenSessions.source(of: table.sessions + slot, table.runtime))
    }

    func state(_ slot: Int) -> SessionState? { table.word(slot).state }
    func key(_ slot: Int) -> Key { Key(table.sessions[slot].key) }

    /// Scan and ending on this table.
    func scan(journal: any SessionJournal = SilentJournal()) -> ExpiryScan {
        ExpiryScan(table: table, ending: SessionEnding(table: table, journal: journal), limits: limits)
    }

    func machine() -> AgeingMachine<PlainFlows> {
        AgeingMachine(table: table, flows: flows, outlet: outlet, probeIntervalTicks: 50)
    }

    /// Every slot is in exactly one place: free and in a ring once, or in use and in none.
    func slotsAreWhole() -> Bool {
        var listed: [Int: Int] = [:]
        for slab in 0..<table.slabCount {
            let mask = UInt32(table.slabSlots - 1)
            var position = table.slabs[slab].head
            while position != table.slabs[slab].tail {
                let offset = Int(table.freeRing[slab << table.slabShift + Int(position & mask)])
                listed[slab << table.slabShift + offset, default: 0] += 1
                position &+= 1
            }
        }
        return (0..<table.slotCount).allSatisfy { slot in
            (listed[slot] ?? 0) == (table.word(slot).isState(.free) ? 1 : 0)
        }
    }
}

/// A 5-tuple as a key of a dictionary.
struct Key: Hashable {
    let bytes: [UInt8]
    init(_ key: sluice_session_key) { bytes = withUnsafeBytes(of: key) { Array($0) } }
}

final class PlainFlows: FlowTable {
    var entries: [Key: sluice_flow_value] = [:]

    func removeFlow(_ key: sluice_session_key, slot: UInt32) {
        if entries[Key(key)]?.slot == slot { entries[Key(key)] = nil }
    }
}

final class RecordingOutlet: SegmentOutlet {
    var segments: [TCPSegment] = []

    func send(_ segments: [TCPSegment]) -> (sent: Int, failed: Int) {
        self.segments += segments
        return (segments.count, 0)
    }
}

final class RecordingJournal: SessionJournal {
    var reasons: [EndReason] = []
    func ended(_ session: sluice_session, slot: Int, reason: EndReason) { reasons.append(reason) }
}
