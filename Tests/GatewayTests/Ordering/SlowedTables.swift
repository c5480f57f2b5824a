import FlowCore
import FlowLayout
import FlowModel
import Foundation
import Glibc

/// The pauses of one thread: at each step it may pause for a while, depending on its seed.
///
/// For one thread.
final class Pace {
    private var random: RandomSource

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    /// Continues at once in most cases. Otherwise it pauses for nanoseconds, until others have run, or for a few hundred microseconds.
    func rest() {
        let number = random.next()
        switch number & 0xFF {
        case 0..<32: for _ in 0..<(number >> 8 & 0x3FF) { _ = sluice_opaque64(number) }
        case 32..<40: sched_yield()
        case 40: usleep(UInt32(number >> 8 & 0x1FF))
        default: break
        }
    }

    func next(below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
}

/// The datapath's memory for a processor that pauses at points that a seed chooses, between any two reads of the memory. FlowCore on it
/// behaves like the kernel program on a processor that is interrupted, or slow.
struct SlowedTables: Tables, SlotTables, FlowIndexTables, HalfOpenTables {
    let memory: ModelTables
    let attempts: SharedAttempts
    let pace: Pace
    /// Receives each slot that is taken, before it is used.
    let handOut: (UInt32) -> Void

    private func rested<Value>(_ value: Value) -> Value {
        pace.rest()
        return value
    }

    var runtime: UnsafeMutablePointer<sluice_runtime>? { memory.runtime }
    func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>? { rested(memory.session(slot)) }
    func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>? { rested(memory.word(slot)) }
    func bucket(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? { rested(memory.table.checked.bucket(index)) }
    func instance(_ identifier: UInt32) -> UnsafeMutablePointer<sluice_instance>? {
        memory.table.checked.instance(identifier)
    }
    func slab(_ index: UInt32) -> UnsafeMutablePointer<sluice_slab>? { rested(memory.table.checked.slab(index)) }
    func sourceTally(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? {
        rested(memory.table.checked.sourceTally(index))
    }
    func steering(_ index: UInt32) -> UInt8 { memory.table.checked.steering(index) }
    func timestamps(_ slot: UInt32) -> UnsafeMutablePointer<sluice_timestamps>? { memory.timestamps(slot) }

    /// Called between the exchange of the head and the read of the entry.
    func freeEntry(_ index: UInt32) -> UInt16? {
        pace.rest()
        return memory.table.checked.freeEntry(index)
    }

    func takeSlot(of instance: UInt32) -> UInt32? {
        let slot = SlotAllocation.takeSlot(of: instance, self)
        if let slot { handOut(slot) }
        return rested(slot)
    }

    func keyHash(of key: UnsafePointer<sluice_session_key>) -> UInt64 { memory.keyHash(of: key) }

    func takeSlot(hash: UInt64) -> UInt32? { SessionSteering.takeSlot(hash: hash, self) }

    func findFlow(_ key: UnsafePointer<sluice_session_key>) -> sluice_flow_value? {
        guard let runtime else { return nil }
        return rested(FlowIndex.findFlow(key, FlowIndex.Place(key, runtime), self))
    }

    func insertFlow(_ key: UnsafePointer<sluice_session_key>, hash: UInt64, slot: UInt32) -> Bool {
        guard let runtime else { return false }
        return rested(FlowIndex.insertFlow(key, slot: slot, FlowIndex.Place(hash: hash, runtime), self))
    }

    func removeFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32) {
        guard let runtime else { return }
        pace.rest()
        FlowIndex.removeFlow(slot: slot, FlowIndex.Place(key, runtime), self)
    }

    func askHalfOpen(_ packet: UnsafePointer<sluice_packet>, now: UInt32) -> HalfOpenSessions.Answer {
        HalfOpenSessions.askHalfOpen(packet, now: now, self)
    }

    func noteHalfOpenBegan(slot: UInt32, source: UInt32, now: UInt32) {
        pace.rest()
        HalfOpenSessions.noteHalfOpenBegan(slot: slot, source: source, now: now, self)
    }

    func noteHalfOpenLeft(_ session: UnsafePointer<sluice_session>, slot: UInt32, now: UInt32) {
        pace.rest()
        HalfOpenSessions.noteHalfOpenLeft(session, slot: slot, now: now, self)
    }

    /// Everything is allowed, by the rule that has the number of the server's port.
    func classify(_ question: UnsafeMutablePointer<sluice_classification>) -> Bool {
        question.pointee.allowed = 1
        question.pointee.rule = question.pointee.destinationPort
        question.pointee.treatment = TreatmentIndex.byClass
        question.pointee.sourceIsInternal = 1
        return rested(true)
    }

    func reviewHandshake(
        _ packet: UnsafePointer<sluice_packet>, slot: UInt32, _ word: ControlWord, now: UInt32
    ) -> HandshakeAttempts.Outcome {
        pace.rest()
        return rested(HandshakeAttempts.reviewHandshake(packet, slot: slot, word, now: now, self))
    }

    func attempt(_ key: UnsafePointer<sluice_attempt_key>) -> UnsafeMutablePointer<sluice_attempt>? {
        rested(attempts[key.pointee])
    }

    func insertAttempt(_ key: UnsafePointer<sluice_attempt_key>, _ value: UnsafePointer<sluice_attempt>) {
        attempts.insert(key.pointee, value.pointee)
    }

    func onIdle(_ treatment: UInt16) -> UInt8 { OnIdle.reset.rawValue }

    // These are not read here.
    func fragment(_ key: UnsafePointer<sluice_fragment_key>) -> sluice_fragment_value? { nil }
    func insertFragment(_ key: UnsafePointer<sluice_fragment_key>, _ value: UnsafePointer<sluice_fragment_value>) {}
    func emitEvent(
        _ kind: EventKind, reason: UInt8, _ packet: UnsafePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>,
        _ question: UnsafeMutablePointer<sluice_classification>, _ flow: sluice_flow_value
    ) {}
    func countBegun(_ kind: SessionKind) {}
    func mayEmitDeny(now: UInt32) -> Bool { false }
}

/// Handshakes that began again, for several threads.
final class SharedAttempts: @unchecked Sendable {
    // Unchecked: a lock protects it.
    private let lock = NSLock()
    private var memory: [AttemptKey: UnsafeMutablePointer<sluice_attempt>] = [:]

    deinit { for attempt in memory.values { attempt.deallocate() } }

    subscript(key: sluice_attempt_key) -> UnsafeMutablePointer<sluice_attempt>? {
        lock.withLock { memory[AttemptKey(key)] }
    }

    func insert(_ key: sluice_attempt_key, _ value: sluice_attempt) {
        lock.withLock {
            let key = AttemptKey(key)
            let attempt = memory[key] ?? .allocate(capacity: 1)
            attempt.initialize(to: value)
            memory[key] = attempt
        }
    }
}
