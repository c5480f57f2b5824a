package import Fleet

/// The scenario of a seed: the simulated fleet, and the faults that it meets.
package struct Scenario: Sendable {
    package let seed: UInt64
    package var settings: FleetSettings
    /// New sessions a second.
    var opensPerSecond: Int
    /// How long faults and commands occur, in nanoseconds. After that the fleet must settle.
    var duration: UInt64
    /// The time between two faults or commands, in milliseconds.
    var gap: ClosedRange<UInt64>
    /// Percentage of timers that are late, by up to ``latest``, and of those that are lost.
    var lateTimers: Int
    var lostTimers: Int
    /// Percentage of starts that fail.
    package var failingStarts: Int
    /// Percentage of controller starts that find the snapshot lost.
    package var lostSnapshots: Int
    package var faults: [Fault]

    /// The kinds of faults.
    package enum Fault: String, Sendable, CaseIterable {
        case stall, killInstance, killController, command, load
        /// The whole machine is paused: kernel, controller and instances (live migration).
        case pause
        /// A controller of another version takes over: the next one, or the previous one.
        case upgrade
    }

    /// The maximum delay of a timer.
    static let latest: UInt64 = 2 * .second

    /// A scenario drawn from a seed.
    package init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        self.seed = seed
        let minimum = Int.random(in: 2...4, using: &random)
        let room = [0, 2, 3, 5][Int.random(in: 0..<4, using: &random)]
        let drains = [
            DrainTimes.azure, .azure2025, DrainTimes(refuse: 10 * .second, reset: 30 * .second),
            DrainTimes(refuse: 0, reset: 45 * .second), DrainTimes(refuse: 20 * .second, reset: 0),
        ]
        settings = FleetSettings(
            capacity: CapacityRange(minimum: minimum, maximum: minimum + room),
            drain: drains[Int.random(in: 0..<drains.count, using: &random)],
            continuity: random.chance(50) ? .preserve : .disruptive,
            scaling: ScalingTimes(coolDown: 60 * .second), replacementFirst: random.chance(70))
        opensPerSecond = Int.random(in: 1...4, using: &random)
        duration = random.milliseconds(60_000...600_000)
        let pace = random.milliseconds(500...60_000) / 1_000_000
        gap = pace / 4...pace
        lateTimers = random.chance(50) ? Int.random(in: 0...40, using: &random) : 0
        lostTimers = random.chance(30) ? Int.random(in: 0...30, using: &random) : 0
        failingStarts = random.chance(30) ? Int.random(in: 0...30, using: &random) : 0
        lostSnapshots = random.chance(20) ? 30 : 0
        faults = Fault.allCases.filter { ![.pause, .upgrade].contains($0) && random.chance(70) }
        // Drawn last, so that everything else in the scenario of a seed stays the same.
        if random.chance(50) { faults.append(.pause) }
        if random.chance(50) { faults.append(.upgrade) }
    }

    /// A one-line description.
    package var text: String {
        let capacity = settings.capacity
        return "seed \(seed): \(settings.continuity.rawValue), \(capacity.minimum) to \(capacity.maximum) instances, "
            + "drain \(settings.drain.refuse / .second) s + \(settings.drain.reset / .second) s, "
            + "\(duration / .second) s of \(faults.map(\.rawValue).joined(separator: ", ")); timers late \(lateTimers) %, "
            + "lost \(lostTimers) %; starts failing \(failingStarts) %, snapshots lost \(lostSnapshots) %"
    }
}
