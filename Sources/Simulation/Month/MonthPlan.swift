package import Fleet

/// What happens in a simulated month (``FleetMonth``): 30 days of 24 hours.
package struct MonthPlan: Sendable {
    /// A change of the load.
    package struct LoadStep: Hashable, Sendable {
        /// Seconds since the beginning of the day.
        package var at: Double
        /// The load, as the number of instances that it would fully use.
        package var instances: Double

        package init(at: Double, instances: Double) {
            self.at = at
            self.instances = instances
        }
    }

    /// Which instance leaves at a scale-in.
    package enum Leaving: Hashable, Sendable {
        /// A random one, as of a firewall whose documents do not say. The machine is given random counts of sessions.
        case random
        /// As the machine decides by the real counts: the one with the fewest long-lived sessions.
        case fewestLongLived
    }

    package static let days = 30
    package static let daySeconds = 86_400.0
    package static let seconds = daySeconds * Double(days)

    package var settings: FleetSettings
    /// In order of time, from 0 on; the same every day, but each up to half an hour later. The first one is the highest of
    /// the day.
    package var load: [LoadStep]
    /// When maintenances begin, in seconds since the beginning of the month.
    package var maintenances: [Double]
    /// How often an instance fails: per second and instance.
    package var failuresPerSecond: Double
    package var leaving: Leaving
    /// How many sessions cross the fleet.
    package var sessions: Int
    package var life: SessionLife
    /// How often a session ends for other reasons (idle), per second. The next one begins at once.
    package var otherEndsPerSecond: Double
    /// How long after a loss without a RST a session is opened again, in seconds.
    package var noticeSeconds: Double

    package init(
        settings: FleetSettings, load: [LoadStep], maintenances: [Double] = [], failuresPerSecond: Double = 0,
        leaving: Leaving = .fewestLongLived, sessions: Int = 1, life: SessionLife = .persistent,
        otherEndsPerSecond: Double = 0, noticeSeconds: Double = 60
    ) {
        self.settings = settings
        self.load = load
        self.maintenances = maintenances
        self.failuresPerSecond = failuresPerSecond
        self.leaving = leaving
        self.sessions = sessions
        self.life = life
        self.otherEndsPerSecond = otherEndsPerSecond
        self.noticeSeconds = noticeSeconds
    }

    /// Settings for a month: the machine is driven from one event to the next, so it neither asks instances for signs of
    /// life nor samples the load every 10 s. One sample covers the cool-down of 5 min.
    package static func settings(
        capacity: CapacityRange, drain: DrainTimes, continuity: Continuity, steersToUpdatedFirst: Bool,
        replacementFirst: Bool = true
    ) -> FleetSettings {
        let sample: UInt64 = 300 * .second
        return FleetSettings(
            capacity: capacity, drain: drain, continuity: continuity,
            scaling: ScalingTimes(sampleInterval: sample, window: sample, coolDown: sample),
            recovery: RecoveryTimes(questionInterval: 1_000_000_000 * .second), replacementFirst: replacementFirst,
            steersToUpdatedFirst: steersToUpdatedFirst)
    }
}
