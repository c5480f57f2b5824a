import FlowCore
import FlowLayout
import FlowModel
import Foundation
import Synchronization

@testable import Gateway

/// One table, for threads that judge packets and for instances that age its sessions. Each instance has its own thread, and may be
/// killed between any two steps.
///
/// Unchecked: a lock protects the findings; everything else is constant or atomic.
final class OrderingStage: @unchecked Sendable {
    let memory: any OrderingMemory
    private let tick = Atomic<UInt32>(1000)
    /// Packets that each processor has judged.
    private let judged: [Count]
    private let stops = Atomic<Bool>(false)
    private let lock = NSLock()
    private var found: [String] = []
    private var handedOut: Set<UInt64> = []

    private final class Count: Sendable {
        let value = Atomic<Int>(0)
    }

    init(_ memory: any OrderingMemory, processors: Int) {
        self.memory = memory
        judged = (0..<processors).map { _ in Count() }
    }

    /// Ends the packets.
    func stop() { stops.store(true, ordering: .sequentiallyConsistent) }
    var isStopping: Bool { stops.load(ordering: .sequentiallyConsistent) }

    // MARK: Time

    var now: UInt32 { tick.load(ordering: .sequentiallyConsistent) }

    func countPacket(of processor: Int) { judged[processor].value.add(1, ordering: .sequentiallyConsistent) }
    var packets: Int { judged.reduce(0) { $0 + $1.value.load(ordering: .sequentiallyConsistent) } }

    /// Advances the time by one tick, when every processor has finished its present packet: the kernel program holds a slot for
    /// microseconds, and a tick is 16.8 ms.
    func passTick() {
        let before = judged.map { $0.value.load(ordering: .sequentiallyConsistent) }
        func isBusy() -> Bool {
            zip(judged, before).contains { $0.value.load(ordering: .sequentiallyConsistent) == $1 }
        }
        while !isStopping && isBusy() { sched_yield() }
        tick.add(1, ordering: .sequentiallyConsistent)
        if isStopping { usleep(100) }
    }

    // MARK: What is wrong

    /// A slot was taken. It must be free, and in each generation it is taken once.
    func handOut(_ slot: UInt32) {
        let word = memory.view(1).word(Int(slot))
        let isNew = lock.withLock { handedOut.insert(UInt64(slot) << 16 | UInt64(word.generation)).inserted }
        if !word.isState(.free) || !isNew { fail("slot \(slot) was handed out twice in generation \(word.generation)") }
    }

    var handedOutCount: Int { lock.withLock { handedOut.count } }

    func fail(_ text: String) { lock.withLock { if found.count < 5 { found.append(text) } } }
    var failures: [String] { lock.withLock { found } }

    /// Whether every slot is free, and the rings have the same number of slots.
    var isEmpty: Bool {
        let table = memory.view(1)
        let free = (0..<table.slabCount).reduce(0) { $0 + Int(SlabRing.count(table.slabs + $1)) }
        return free >= table.slotCount && (0..<table.slotCount).allSatisfy { table.word($0).isState(.free) }
    }

    /// How often each slot is in a ring.
    var listed: [Int] {
        let table = memory.view(1)
        var counts = [Int](repeating: 0, count: table.slotCount)
        for slab in 0..<table.slabCount {
            let first = table.slots(ofSlab: slab).lowerBound
            var position = table.slabs[slab].head
            while position != table.slabs[slab].tail {
                counts[first + Int(table.freeRing[first + Int(position) & (table.slabSlots - 1)])] += 1
                position &+= 1
            }
        }
        return counts
    }
}

/// The process of an instance, on a thread. If it is killed, it ends between two steps.
///
/// Unchecked: the atomics are for other threads, everything else for its own.
final class StageInstance: @unchecked Sendable {
    private let stage: OrderingStage
    private let identifier: UInt16
    private let pace: Pace
    private let shallDie = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    private let passes = Atomic<Int>(0)

    init(_ stage: OrderingStage, _ identifier: UInt16, seed: UInt64) {
        self.stage = stage
        self.identifier = identifier
        pace = Pace(seed: seed)
        stage.memory.view(identifier).instance.pointee.processIdentifier = 1
        Thread.detachNewThread { self.run() }
    }

    private func run() {
        let machine = AgeingMachine(
            table: stage.memory.view(identifier), flows: KilledFlows(memory: stage.memory, instance: self),
            outlet: KilledOutlet(instance: self), journal: KilledJournal(instance: self), probeIntervalTicks: 50)
        let observer = KilledObserver(instance: self)
        machine.release.observer = observer
        machine.beginRecovery(now: stage.now)
        while !shallDie.load(ordering: .sequentiallyConsistent) {
            machine.pass(now: stage.now)
            while machine.workOff() { step() }
            passes.add(1, ordering: .sequentiallyConsistent)
            step()
            if stage.isStopping { usleep(200) }
        }
        withExtendedLifetime(observer) {}
        hasEnded.store(true, ordering: .sequentiallyConsistent)
    }

    /// Between two steps.
    func step() {
        pace.rest()
        guard shallDie.load(ordering: .sequentiallyConsistent), pace.next(below: 3) == 0 else { return }
        hasEnded.store(true, ordering: .sequentiallyConsistent)
        Thread.exit()
    }

    /// kill -9. Returns when nothing of it runs any more.
    func kill() {
        shallDie.store(true, ordering: .sequentiallyConsistent)
        while !hasEnded.load(ordering: .sequentiallyConsistent) { sched_yield() }
    }

    var passCount: Int { passes.load(ordering: .sequentiallyConsistent) }
}

private struct KilledFlows: FlowTable {
    let memory: any OrderingMemory
    let instance: StageInstance

    func removeFlow(_ key: sluice_session_key, slot: UInt32) {
        instance.step()
        memory.removeFlow(key, slot: slot)
        instance.step()
    }
}

private final class KilledOutlet: SegmentOutlet {
    private let instance: StageInstance
    init(instance: StageInstance) { self.instance = instance }

    func send(_ segments: [TCPSegment]) -> (sent: Int, failed: Int) {
        instance.step()
        return (segments.count, 0)
    }
}

private struct KilledJournal: SessionJournal {
    let instance: StageInstance
    func ended(_ session: sluice_session, slot: Int, reason: EndReason) { instance.step() }
}

private final class KilledObserver: ReleaseObserver {
    private let instance: StageInstance
    init(instance: StageInstance) { self.instance = instance }
    /// The slot is free, and in no ring yet.
    func released(slot: Int, word: ControlWord, session: sluice_session) { instance.step() }
}
