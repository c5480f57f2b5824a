import FlowCore
import FlowLayout
import FlowModel
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// Processors that pause at any point, and instances that are killed at any point, on one memory (ARCHITECTURE, *Shared memory*).
@Suite("Ordering", .serialized)
struct OrderingTests {
    private static let processors = 3
    private static let kills = 200

    @Test(
        "KEEP-3 BAD-8 slow processors and killed instances: no slot is lost or handed out twice, no session half-read")
    func slowed() {
        let stage = OrderingStage(ModelOrdering(), processors: Self.processors)
        let begun = play(stage, seed: RandomSource.runSeed())
        #expect(begun > 50)
    }

    @Test(
        "KEEP-3 BAD-8 the kernel program on several processors: no slot is lost, no session half-read, whoever is killed"
    )
    func kernel() throws {
        let stage = OrderingStage(try KernelOrdering(), processors: Self.processors)
        _ = play(stage, seed: RandomSource.runSeed())
    }

    /// Runs until enough instances have been killed, and returns how many slots have been handed out.
    private func play(_ stage: OrderingStage, seed: UInt64) -> Int {
        let ended = Atomic<Int>(0)
        let established = Atomic<Int>(0)
        for number in 0..<Self.processors {
            Thread.detachNewThread {
                let processor = Processor(stage, number: number, seed: seed &+ UInt64(number))
                while !stage.isStopping { processor.judgeSome() }
                established.add(processor.established, ordering: .sequentiallyConsistent)
                ended.add(1, ordering: .sequentiallyConsistent)
            }
        }
        let isTicking = Atomic<Bool>(true)
        let clockEnded = Atomic<Bool>(false)
        Thread.detachNewThread {
            while isTicking.load(ordering: .sequentiallyConsistent) { stage.passTick() }
            clockEnded.store(true, ordering: .sequentiallyConsistent)
        }

        let instances = killAgainAndAgain(stage, seed: seed)

        // No more packets: all sessions end, and every slot is released.
        stage.stop()
        while ended.load(ordering: .sequentiallyConsistent) < Self.processors { usleep(1000) }
        let deadline = Date(timeIntervalSinceNow: 60)
        while !stage.isEmpty, Date() < deadline { usleep(1000) }
        for instance in instances { instance.kill() }
        isTicking.store(false, ordering: .sequentiallyConsistent)
        while !clockEnded.load(ordering: .sequentiallyConsistent) { usleep(1000) }

        let comment: Comment = "SLUICE_SEED=\(seed)"
        #expect(stage.failures == [], comment)
        #expect(stage.isEmpty, comment)
        #expect(stage.listed.allSatisfy { $0 == 1 }, comment)
        #expect(Processor.flows.allSatisfy { stage.memory.findFlow($0.key) == nil }, comment)
        #expect(HalfOpenTally.estimate(stage.memory.view(1).runtime) == 0, comment)
        let seen = established.load(ordering: .sequentiallyConsistent)
        print("ordering: \(stage.packets) packets, \(seen) times established; SLUICE_SEED=\(seed)")
        #expect(stage.packets > 1000 && seen > 50, comment)
        return stage.handedOutCount
    }

    /// Replaces killed instances; every other time the slabs go to the other instance before. Returns the last ones.
    private func killAgainAndAgain(_ stage: OrderingStage, seed: UInt64) -> [StageInstance] {
        let sharing = SlabSharing(table: stage.memory.view(1))
        var instances = [StageInstance(stage, 1, seed: seed &+ 11), StageInstance(stage, 2, seed: seed &+ 12)]
        var random = RandomSource(seed: seed)
        for kill in 0..<Self.kills {
            let victim = kill % 2
            let passes = instances[victim].passCount + Int.random(in: 1...6, using: &random)
            while instances[victim].passCount < passes { usleep(50) }
            instances[victim].kill()
            if kill % 4 < 2 { sharing.moveSlabs(from: UInt16(1 + victim), to: [UInt16(2 - victim)]) }
            instances[victim] = StageInstance(stage, UInt16(1 + victim), seed: seed &+ UInt64(100 + kill))
        }
        return instances
    }
}

/// A processor that judges the packets of some flows, in any order, and checks what it finds.
private final class Processor {
    struct Flow {
        let port: UInt16
        let key: sluice_session_key
        /// Each with the zone that it arrives from.
        let frames: [(bytes: [UInt8], zone: UInt8)]
    }

    static let flows = ModelOrdering.ports.map(flow)

    private let stage: OrderingStage
    private let number: Int
    private let pace: Pace
    private let judge: ([UInt8], UInt8, UInt32) -> Void
    private(set) var established = 0

    init(_ stage: OrderingStage, number: Int, seed: UInt64) {
        self.stage = stage
        self.number = number
        pace = Pace(seed: seed)
        judge = stage.memory.processor(pace) { stage.handOut($0) }
    }

    /// A handshake, data, and a reset: the first one begins or ends the session, on any processor.
    private static func flow(port: UInt16) -> Flow {
        var there = FrameBuilder()
        there.destinationPort = port
        let back = there.reversed
        let ack = TCPFlags.ack
        return Flow(
            port: port, key: TCPScript("", "").key(of: there),
            frames: [
                (there.tcp(flags: TCPFlags.syn, sequence: 999), 1),
                (back.tcp(flags: TCPFlags.syn | ack, sequence: 4999, acknowledgment: 1000), 2),
                (there.tcp(flags: ack, sequence: 1000, acknowledgment: 5000), 1),
                (there.tcp(flags: ack, sequence: 1000, acknowledgment: 5000, payload: 10), 1),
                (back.tcp(flags: ack, sequence: 5000, acknowledgment: 1000), 2),
                (back.tcp(flags: TCPFlags.rst | ack, sequence: 5000, acknowledgment: 1000), 2),
            ])
    }

    /// Mostly in the order of a handshake; sometimes beginning at another packet.
    func judgeSome() {
        let flow = Self.flows[pace.next(below: Self.flows.count)]
        let first = pace.next(below: 3) == 0 ? pace.next(below: flow.frames.count) : 0
        let last = first + pace.next(below: flow.frames.count - first)
        for frame in flow.frames[first...last] {
            judge(frame.bytes, frame.zone, stage.now)
            look(flow)
            stage.countPacket(of: number)
        }
    }

    /// The index must refer to a complete session of the key: rule and zones are those that its admission wrote.
    private func look(_ flow: Flow) {
        guard let found = stage.memory.findFlow(flow.key) else { return }
        let table = stage.memory.view(1)
        let slot = Int(found.slot)
        let before = table.word(slot)
        guard before.isLive, UInt32(before.generation) == found.generation else { return }
        sluice_fence_loads()
        pace.rest()
        let session = table.sessions[slot]
        sluice_fence_loads()
        let after = table.word(slot)
        guard after.isLive, after.generation == before.generation else { return }
        if before.isState(.established) { established += 1 }
        let isWhole =
            session.rule == stage.memory.rule(port: flow.port) && session.originator.zone == 1
            && session.responder.zone == 2 && session.key.lowPort == flow.key.lowPort
            && session.key.highPort == flow.key.highPort
        if !isWhole { stage.fail("slot \(slot), to port \(flow.port), holds rule \(session.rule)") }
    }
}
