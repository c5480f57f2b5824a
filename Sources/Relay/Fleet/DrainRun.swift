import Fleet

/// The drain of the one instance that a proxy stands for: it refuses, then resets (DRAIN-1, DRAIN-2). `Fleet`'s machine
/// decides when.
package struct DrainRun: Sendable {
    private var machine: DrainMachine
    private let refusal: Refusal
    private var now: UInt64

    /// The shortest interval between two reports of how many connections are left.
    private static let shortestReport: UInt64 = 5_000_000

    package init(_ toxic: Toxic, now: UInt64) {
        let times = DrainTimes(
            refuse: toxic.attributes.nanoseconds("refuse"), reset: toxic.attributes.nanoseconds("reset"))
        machine = DrainMachine(times: times, now: now)
        refusal = toxic.attributes.refusal
        self.now = now
    }

    /// - Parameter live: how many connections are left.
    package mutating func advance(now: UInt64, live: Int) -> [DisruptionEffect] {
        self.now = now
        machine.sessionsLeft(live: live, tombstones: 0, now: now)
        var effects: [DisruptionEffect] = []
        while let step = machine.advance(now: now) {
            switch step {
            case .resetAll(let within):
                effects += [.record("the instance resets its connections"), .reset(home: nil, within: within)]
            // The kernel retransmits no RST, but between two sockets of one host none is lost.
            case .repeatResets: break
            case .recycle:
                // Without a reset half the rest is dropped without a RST.
                if machine.times.reset == 0 { effects.append(.silence(home: nil)) }
                effects += [.record("the instance is recycled"), .over]
            }
        }
        return effects
    }

    package func admission() -> RelayAdmission { machine.phase == .over ? .taken(home: nil) : .refused(refusal) }

    package var nextTimer: UInt64? {
        machine.nextTimer.map { min($0, now + max(machine.times.refuse / 45, DrainRun.shortestReport)) }
    }
}
