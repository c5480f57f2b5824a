import FlowCore
import FlowLayout
import Foundation
import Testing

@testable import Gateway

/// The tally of half-open sessions under kills at any moment (BAD-8).
@Suite("Tally of half-open sessions")
struct HalfOpenCountTests {
    /// Unchecked: the tests show that its memory may be shared.
    private struct Shared: @unchecked Sendable {
        let plain: PlainTable
    }

    /// Does what the kernel program does: a session begins, and is established.
    private static func handshake(_ plain: PlainTable, slot: Int) {
        let table = plain.table
        let slab = table.slabs + slot >> table.slabShift
        let generation = table.word(slot).generation
        let syn = ControlWord(tick: 5, state: .synSent, treatment: 0, generation: generation)
        _ = table.exchange(slot, table.word(slot), with: syn)
        _ = sluice_fetch_add32(&slab.pointee.halfOpenBegun, 1)
        _ = sluice_fetch_add32(&table.runtime.pointee.halfOpenChanges, 1)
        _ = table.exchange(slot, syn, with: syn.with(state: .established, tick: 5))
        _ = sluice_fetch_add32(&slab.pointee.halfOpenLeft, 1)
        _ = sluice_fetch_add32(&table.runtime.pointee.halfOpenChanges, UInt32.max)
        _ = table.exchange(slot, table.word(slot), with: ControlWord(rawValue: 0).with(state: .established, tick: 5))
    }

    @Test("BAD-8 handshakes that are completed while processes recover 10,000 times leave the tally as it is")
    func recoveries() {
        let plain = PlainTable(slots: 256)
        // Three that stay half-open.
        for port: UInt16 in 1...3 { plain.admit(port: port, state: .synSent) }
        let shared = Shared(plain: plain)
        let stop = Stop()
        Thread.detachNewThread {
            while !stop.isSet {
                for slot in 8..<200 { Self.handshake(shared.plain, slot: slot) }
                stop.count(192)
            }
            stop.end()
        }
        var largest: UInt32 = 0
        var recoveries = 0
        while recoveries < 10_000 || stop.counted < 10_000 {
            recoveries += 1
            // A process is killed and another one starts: only the memory remains of the first.
            var count = HalfOpenCount(table: plain.table)
            count.run()
            largest = max(largest, plain.halfOpenEstimate)
        }
        stop.set()
        while !stop.hasEnded { usleep(1000) }
        // One more pass without changes: the count is exact.
        var last = HalfOpenCount(table: plain.table)
        last.run()
        #expect(plain.halfOpenEstimate == 3)
        // Under many changes the error is the changes during one count, not all changes since the start.
        #expect(largest < 200_000)
        #expect(Int32(truncatingIfNeeded: plain.table.runtime.pointee.halfOpenChanges) >= 0)
    }

    @Test(
        "BAD-8 a process that is killed before, between and after the ends of half-open sessions leaves nothing for ever"
    )
    func kills() {
        let fleet = PlainFleet(slabs: 8)
        fleet.serve([1, 2])
        fleet.iterate()
        for round in 0..<50 {
            for _ in 0..<6 { fleet.admit(to: UInt16(1 + round % 2), state: .synSent) }
            // What the process had exchanged and not handled yet.
            let half = (0..<fleet.plain.table.slotCount).filter { fleet.plain.state($0) == .synSent }
            for slot in half.prefix(2) {
                let word = fleet.plain.table.word(slot)
                _ = fleet.plain.table.exchange(slot, word, with: word.with(state: .ending, tick: fleet.tick))
            }
            fleet.kill(UInt16(1 + round % 2))
            fleet.start(UInt16(1 + round % 2))
            fleet.iterate()
            let truth = (0..<fleet.plain.table.slotCount).count { fleet.plain.state($0) == .synSent }
            #expect(fleet.plain.halfOpenEstimate == UInt32(truth))
        }
        // Their timeout.
        fleet.iterate(nanoseconds: 4_000_000_000)
        #expect(fleet.plain.halfOpenEstimate == 0)
    }

    @Test("BAD-8 a tally below zero counts as zero, and refuses no session")
    func negative() {
        let plain = PlainTable()
        plain.table.runtime.pointee.halfOpenOffset = 5
        #expect(plain.halfOpenEstimate == 0)
        plain.table.runtime.pointee.halfOpenOffset = UInt32.max
        #expect(plain.halfOpenEstimate == 1)
    }

    @Test("LOG-2 a slot that never held a session is released, and not reported")
    func abandoned() throws {
        let plain = PlainTable()
        let slot = try #require(plain.admit(port: 1, state: .abandoned))
        let machine = plain.machine()
        let recorder = Silence()
        machine.release.observer = recorder
        machine.pass(now: 1)
        while machine.workOff() {}
        #expect(plain.state(slot) == .free && recorder.count == 0)
        #expect(plain.table.instance.pointee.ends == 0)
        // A slot that is being filled does not change, whatever its age.
        let other = try #require(plain.admit(port: 2, state: .beginning))
        machine.pass(now: 1_000_000)
        while machine.workOff() {}
        #expect(plain.state(other) == .beginning)
    }
}

private final class Silence: ReleaseObserver {
    var count = 0
    func released(slot: Int, word: ControlWord, session: sluice_session) { count += 1 }
}

/// Asks a thread to end.
private final class Stop: @unchecked Sendable {
    // Unchecked: a lock guards it.
    private let lock = NSLock()
    private var value = false

    private var ended = false
    private var handshakes = 0

    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
    var hasEnded: Bool { lock.withLock { ended } }
    func end() { lock.withLock { ended = true } }
    var counted: Int { lock.withLock { handshakes } }
    func count(_ more: Int) { lock.withLock { handshakes += more } }
}
