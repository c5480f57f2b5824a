package import Fleet
package import Policy
package import Simulation

/// An application, the firewall that its sessions cross, and what happens to both. Durations are seconds.
package struct ForecastSettings: Hashable, Sendable {
    // The firewall.

    package var instances = CapacityRange(minimum: 2, maximum: 10)
    package var load: LoadCurve
    /// In 30 days, at equal distances, each when the fleet is smallest.
    package var maintenances = 1
    /// The probability that an instance fails within 30 days: 0 ..< 1.
    package var failure = 0.01
    package var drain = DrainTimes.azure
    package var continuity = Continuity.disruptive
    package var steering = FleetSteering.any
    package var idleTimeout = 240.0
    /// Whether both ends get a RST when a session was idle for too long.
    package var resetsIdle = true

    // The application.

    package var session = SessionLife.persistent
    package var keepAlive = KeepAlivePattern.recommended
    /// The probability that a packet is lost on its way to the firewall: 0 ... 1.
    package var loss = 0.001
    package var gaps = TrafficGaps.exponential(mean: 90)
    package var retry = RetryChoice.firewallReset
    /// How long it takes until a person restarts an application that does not retry.
    package var restart = 900.0
    /// The length of a transaction, which is done again after a disruption; 0: nothing is done again.
    package var redo = 300.0
    /// How many such connections the application has.
    package var connections = 1

    package init() { load = .daily(CapacityRange(minimum: 2, maximum: 10)) }

    /// Failures of an instance per second: its life is exponentially distributed, and it fails within 30 days with the
    /// probability ``failure``.
    package var failuresPerSecond: Double { (0 - Mathematics.logarithm(1 - failure)) / MonthPlan.seconds }
}

/// What an application does after a disruption.
package enum RetryChoice: String, Hashable, Sendable, Codable, CaseIterable {
    /// It connects again at once after a RST, else after a random wait of up to 100 ms, 200 ms, 400 ms ... 10 s.
    case firewallReset
    /// A person restarts it.
    case none
}

extension ForecastSettings {
    package typealias Continuity = Fleet.Continuity

    /// Whether an end of the sessions is outside the internal prefixes.
    package enum TrafficClass: String, Hashable, Sendable, Codable, CaseIterable {
        case northSouth, eastWest
    }

    /// Takes timeouts and drain of a profile (PROF-1).
    package mutating func use(_ profile: Profile, _ trafficClass: TrafficClass) {
        let timeouts = profile.defaults
        let isNorthSouth = trafficClass == .northSouth
        idleTimeout = Double(isNorthSouth ? timeouts.northSouth : timeouts.eastWest) / 1e9
        resetsIdle = (isNorthSouth ? timeouts.northSouthOnIdle : timeouts.eastWestOnIdle) == .reset
        drain = DrainTimes(refuse: profile.drain.refuse, reset: profile.drain.reset)
        failure = PublishedRate(profile).failure
    }
}
