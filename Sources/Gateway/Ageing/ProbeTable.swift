/// Probes both ends of an idle session before it is reset (IDLE-5): dead connection detection.
///
/// Pure: the ends' packet counts and the time are arguments; the result is a directive.
package struct ProbeTable {
    /// Segments to each end, before an end that does not answer counts as gone.
    package static let attempts = 3
    /// The maximum number of sessions that are probed at a time. The others wait, and stay meanwhile.
    package static let capacity = 65_536

    /// Packets that each end has sent.
    package struct Tally: Equatable, Sendable {
        package var originator: UInt64
        package var responder: UInt64

        package init(originator: UInt64, responder: UInt64) {
            self.originator = originator
            self.responder = responder
        }
    }

    package enum Directive: Equatable, Sendable {
        /// Nothing to do yet.
        case wait
        /// Send a keep-alive segment to the ends that have not answered.
        case send(originator: Bool, responder: Bool)
        /// Both ends are there: their answers have restarted the timer.
        case alive
        /// At least one end is gone: reset both.
        case dead
    }

    struct Probe: Equatable {
        let generation: UInt16
        let before: Tally
        let intervalTicks: UInt32
        var sent: Int
        var nextTick: UInt32
    }

    private(set) var probes: [UInt32: Probe] = [:]

    package init() {}

    package var count: Int { probes.count }
    package var slots: [UInt32] { Array(probes.keys) }

    package func contains(_ slot: UInt32) -> Bool { probes[slot] != nil }

    /// The generation of the session that is being probed.
    package func generation(_ slot: UInt32) -> UInt16? { probes[slot]?.generation }

    /// The time to wait for an answer: as configured, but at most a quarter of the idle timeout, so that all attempts fit.
    package static func intervalTicks(configuredTicks: UInt32, timeoutTicks: UInt32) -> UInt32 {
        max(1, min(configuredTicks, timeoutTicks / 4))
    }

    /// A session has become idle: both ends get their first segment now.
    ///
    /// - Returns: `.wait` if too many are being probed already; the next pass finds the session again.
    package mutating func begin(
        slot: UInt32, generation: UInt16, tally: Tally, intervalTicks: UInt32, now: UInt32
    ) -> Directive {
        if let probe = probes[slot], probe.generation == generation { return .wait }
        guard probes.count < Self.capacity else { return .wait }
        probes[slot] = Probe(
            generation: generation, before: tally, intervalTicks: intervalTicks, sent: 1,
            nextTick: now &+ intervalTicks)
        return .send(originator: true, responder: true)
    }

    /// Decides for a probed session when time has passed.
    ///
    /// - Parameter tally: the packets that the ends have sent by now.
    package mutating func tick(slot: UInt32, tally: Tally, now: UInt32) -> Directive {
        guard var probe = probes[slot] else { return .wait }
        let originatorAnswered = tally.originator != probe.before.originator
        let responderAnswered = tally.responder != probe.before.responder
        if originatorAnswered && responderAnswered {
            probes[slot] = nil
            return .alive
        }
        guard Int32(truncatingIfNeeded: now &- probe.nextTick) >= 0 else { return .wait }
        if probe.sent >= Self.attempts {
            probes[slot] = nil
            return .dead
        }
        probe.sent += 1
        probe.nextTick = now &+ probe.intervalTicks
        probes[slot] = probe
        return .send(originator: !originatorAnswered, responder: !responderAnswered)
    }

    /// The caller did not run for this number of ticks, and could not receive answers: every probe gets the same time in addition.
    package mutating func wasAway(ticks: UInt32) {
        for slot in probes.keys { probes[slot]?.nextTick &+= ticks }
    }

    /// The session has ended otherwise, or the slot holds another one now.
    package mutating func forget(slot: UInt32) { probes[slot] = nil }
}
