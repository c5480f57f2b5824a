import FlowCore
import FlowLayout
import FlowModel
import Foundation
import Synchronization
import Testing

/// Two processors judge segments of one direction at the same moment. This happens if the sender moves to another
/// processor: both queues then hold its segments.
@Suite("Simultaneous segments", .serialized)
struct SimultaneousSegmentsTests {
    private static let rounds: UInt32 = 20_000
    /// What a thread judges without waiting for the other. It is small enough that neither leaves the other's window.
    private static let segmentsPerRound: UInt32 = 20

    @Test("SESS-8 RST-4 forwarded data may be acknowledged, even if another segment is judged at the same moment")
    func data() async {
        await expectNoDrops { number, session in
            let sequence = 901 + number * 10
            return [
                session.judge(fromOriginator: true, sequence: sequence, acknowledgment: 1, length: 10),
                session.judge(fromOriginator: false, sequence: 1, acknowledgment: sequence + 10, length: 0),
            ]
        }
    }

    @Test("SESS-8 data that fits the window may be sent, even if another ACK is judged at the same moment")
    func acknowledgments() async {
        await expectNoDrops { number, session in
            let acknowledgment = 1 + number * 10
            let edge = acknowledgment + UInt32(SharedSession.window)
            return [
                session.judge(fromOriginator: false, sequence: 1, acknowledgment: acknowledgment, length: 0),
                session.judge(fromOriginator: true, sequence: edge - 10, acknowledgment: 1, length: 10),
            ]
        }
    }

    /// Two threads judge segments of one session: one the even numbers, the other the odd ones.
    private func expectNoDrops(
        _ segments: @escaping @Sendable (_ number: UInt32, _ session: SharedSession) -> [Verdict]
    ) async {
        let session = SharedSession()
        async let even = dropped(session, first: 0, segments)
        async let odd = dropped(session, first: 1, segments)
        let dropped = await even + odd
        #expect(dropped == 0, "of \(Self.rounds * Self.segmentsPerRound * 4) segments")
    }

    /// Runs on its own thread, because it waits for the other one.
    private func dropped(
        _ session: SharedSession, first: UInt32,
        _ segments: @escaping @Sendable (_ number: UInt32, _ session: SharedSession) -> [Verdict]
    ) async -> Int {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var dropped = 0
                for round in 0..<Self.rounds {
                    session.meet(round: Int(round), thread: first)
                    for segment in 0..<Self.segmentsPerRound {
                        let number = (round * Self.segmentsPerRound + segment) * 2 + first
                        dropped += segments(number, session).count { $0 != .forward }
                    }
                }
                continuation.resume(returning: dropped)
            }
        }
    }
}

/// An established session. The responder has read 900 bytes. Unchecked: the tests show that its memory may be shared.
private final class SharedSession: @unchecked Sendable {
    static let window: UInt16 = 900

    private let tables = ModelTables()
    private let flow = sluice_flow_value(slot: 0, generation: 0)
    private let arrivals = Atomic<Int>(0)

    init() {
        tables.table.sessions[0].key.protocol = IPProtocol.tcp
        tables.table.sessions[0].flags = SessionFlags.originatorIsLow
        tables.table.sessions[0].originator.zone = 1
        tables.table.sessions[0].responder.zone = 2
        tables.table.words[0] = ControlWord(tick: 1, state: .synSent, treatment: 0, generation: 0).rawValue
        var syn = segment(fromOriginator: true, 0, 0, length: 0, TCPFlags.syn)
        withUnsafeMutablePointer(to: &tables.table.sessions[0].originator) { $0.noteSyn(&syn) }
        let begun = [
            judge(fromOriginator: false, sequence: 0, acknowledgment: 1, length: 0, TCPFlags.syn | TCPFlags.ack),
            judge(fromOriginator: true, sequence: 1, acknowledgment: 1, length: UInt32(Self.window)),
            judge(fromOriginator: false, sequence: 1, acknowledgment: 1 + UInt32(Self.window), length: 0),
        ]
        precondition(begun.allSatisfy { $0 == .forward }, "\(begun)")
    }

    /// Returns when both threads are at this round, each time a little earlier or later than the other thread.
    func meet(round: Int, thread: UInt32) {
        arrivals.add(1, ordering: .sequentiallyConsistent)
        var turns = 0
        while arrivals.load(ordering: .sequentiallyConsistent) < (round + 1) * 2 {
            turns += 1
            if turns > 1000 { sched_yield() }
        }
        for _ in 0..<(thread == 0 ? round % 61 : round % 67) { _ = arrivals.load(ordering: .sequentiallyConsistent) }
    }

    func judge(
        fromOriginator: Bool, sequence: UInt32, acknowledgment: UInt32, length: UInt32,
        _ flags: UInt8 = TCPFlags.ack
    ) -> Verdict {
        var segment = segment(fromOriginator: fromOriginator, sequence, acknowledgment, length: length, flags)
        return SessionTracker.track(&segment, at: flow, now: 1, tables)
    }

    private func segment(
        fromOriginator: Bool, _ sequence: UInt32, _ acknowledgment: UInt32, length: UInt32, _ flags: UInt8
    ) -> sluice_packet {
        var packet = sluice_packet()
        packet.kind = PacketKind.tcp.rawValue
        packet.zone = fromOriginator ? 1 : 2
        packet.flags = fromOriginator ? PacketFlags.sourceIsLow : 0
        packet.sequence = sequence
        packet.acknowledgment = acknowledgment
        packet.payloadLength = length
        packet.window = Self.window
        packet.windowScale = 0xFF
        packet.tcpFlags = flags
        packet.wirePackets = 1
        return packet
    }
}
