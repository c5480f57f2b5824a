/// The settings of a fleet. All durations are nanoseconds of real time: if the shell scales them, they are already
/// divided by `timeScale`.
package struct FleetSettings: Hashable, Sendable, Codable {
    /// How many instances may serve (SCALE-2), as configured. `prescale` overrides it until the configured value
    /// changes.
    package var capacity: CapacityRange
    /// The capacity of one instance (SCALE-3).
    package var instance: InstanceCapacity
    /// How an instance leaves the fleet in `disruptive` (DRAIN-1 to DRAIN-4).
    package var drain: DrainTimes
    package var continuity: Continuity
    package var scaling: ScalingTimes
    package var recovery: RecoveryTimes
    /// When maintenance may begin a step; none: at any time (MAINT-2).
    package var windows: [DailyWindow]
    /// Whether in maintenance a replacement serves before the old instance leaves (MAINT-1). If false, the old instance
    /// still stays until its replacement serves when the fleet would fall below its minimum.
    package var replacementFirst: Bool
    /// Whether during a maintenance new sessions go to the instances that are already replaced, as long as these have
    /// room. If false, they go to any serving instance, so that a persistent session can be disrupted several times.
    package var steersToUpdatedFirst: Bool

    package init(
        capacity: CapacityRange = .standard, instance: InstanceCapacity = InstanceCapacity(),
        drain: DrainTimes = .azure, continuity: Continuity = .disruptive, scaling: ScalingTimes = ScalingTimes(),
        recovery: RecoveryTimes = RecoveryTimes(), windows: [DailyWindow] = [], replacementFirst: Bool = true,
        steersToUpdatedFirst: Bool = true
    ) {
        self.capacity = capacity
        self.instance = instance
        self.drain = drain
        self.continuity = continuity
        self.scaling = scaling
        self.recovery = recovery
        self.windows = windows
        self.replacementFirst = replacementFirst
        self.steersToUpdatedFirst = steersToUpdatedFirst
    }

    /// What is wrong with the settings, one sentence each, with what to write instead.
    package func problems(zones: ZoneOffsets) -> [String] {
        (capacity.problem.map { [$0] } ?? []) + windows.compactMap { $0.problem(zones: zones) }
    }
}

/// What happens to the sessions of an instance that leaves.
package enum Continuity: String, Hashable, Sendable, Codable, CaseIterable {
    /// As documented: they are reset, or end without a RST.
    case disruptive
    /// Other instances take them over (KEEP-1).
    case preserve
}

/// The capacity of one instance (SCALE-3).
package struct InstanceCapacity: Hashable, Sendable, Codable {
    package var throughputBitsPerSecond: UInt64
    package var sessions: Int

    package init(throughputBitsPerSecond: UInt64 = 1_500_000_000, sessions: Int = 131_072) {
        self.throughputBitsPerSecond = throughputBitsPerSecond
        self.sessions = sessions
    }
}

/// The halves of a drain, in nanoseconds. If `reset` is 0, the remaining sessions are dropped without a RST after
/// `refuse` (DRAIN-4).
package struct DrainTimes: Hashable, Sendable, Codable {
    package var refuse: UInt64
    package var reset: UInt64

    package init(refuse: UInt64, reset: UInt64) {
        self.refuse = refuse
        self.reset = reset
    }

    /// Profile `azure` (2026): 45 s and 45 s.
    package static let azure = DrainTimes(refuse: 45 * .second, reset: 45 * .second)
    /// Profiles `azure-2025` and `azure-2022`: 90 s, then dropped.
    package static let azure2025 = DrainTimes(refuse: 90 * .second, reset: 0)
}

/// When the autoscaler measures and decides (SCALE-1), in nanoseconds.
package struct ScalingTimes: Hashable, Sendable, Codable {
    package var sampleInterval: UInt64
    /// The period over which averages are taken.
    package var window: UInt64
    /// How long the load must be low before an instance leaves, and the minimum time between two scale-ins.
    package var coolDown: UInt64

    package init(sampleInterval: UInt64 = 10 * .second, window: UInt64 = 60 * .second, coolDown: UInt64 = 300 * .second)
    {
        self.sampleInterval = sampleInterval
        self.window = window
        self.coolDown = coolDown
    }
}

/// How processes are watched (RECOV-1), in nanoseconds.
package struct RecoveryTimes: Hashable, Sendable, Codable {
    /// Between two questions.
    package var questionInterval: UInt64
    /// An instance without a sign of life for this long is unresponsive.
    package var unresponsiveAfter: UInt64
    /// A process that does not serve this long after its start was requested has failed.
    package var startTimeout: UInt64
    /// The time between SIGTERM and SIGKILL, between two SIGKILLs, and until a hand-over that was not reported is
    /// requested again.
    package var endGrace: UInt64
    /// The delay before the next start after a failed one. It doubles with each failure.
    package var retryDelay: UInt64
    package var longestRetryDelay: UInt64

    package init(
        questionInterval: UInt64 = 1 * .second, unresponsiveAfter: UInt64 = 5 * .second,
        startTimeout: UInt64 = 10 * .second,
        endGrace: UInt64 = 2 * .second, retryDelay: UInt64 = 1 * .second, longestRetryDelay: UInt64 = 30 * .second
    ) {
        self.questionInterval = questionInterval
        self.unresponsiveAfter = unresponsiveAfter
        self.startTimeout = startTimeout
        self.endGrace = endGrace
        self.retryDelay = retryDelay
        self.longestRetryDelay = longestRetryDelay
    }
}

extension UInt64 {
    /// Nanoseconds of a second.
    package static var second: UInt64 { 1_000_000_000 }
}
