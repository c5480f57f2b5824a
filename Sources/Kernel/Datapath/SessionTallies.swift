package import FlowCore
package import FlowLayout

/// The counters of sessions of all instances together, also of those that have ended (`sluice_tallies`).
package struct SessionTallies: Equatable, Sendable {
    /// A histogram of durations of sessions.
    package struct Durations: Equatable, Sendable {
        /// By bucket (``DurationBuckets``); the last one has no limit.
        package var buckets = [UInt64](repeating: 0, count: Int(SLUICE_DURATION_BUCKETS) + 1)
        package var seconds: Double = 0

        package var count: UInt64 { buckets.reduce(0, &+) }

        package init() {}

        fileprivate mutating func add(_ durations: UnsafeMutablePointer<sluice_durations>) {
            let memory = sluice_duration_buckets(durations)
            for index in buckets.indices { buckets[index] &+= sluice_load64(memory + index) }
            let ticks = withUnsafeMutablePointer(to: &durations.pointee.ticks) { sluice_load64($0) }
            seconds += Double(ticks) * Double(Tick.nanoseconds) / 1e9
        }
    }

    /// One instance's last count of the sessions in its slabs.
    package struct Count: Equatable, Sendable {
        /// By ``SessionKind``, and then by ``SessionState``, raw values.
        package var sessions: [UInt32]
        /// Established TCP sessions that were at risk (``KeepAlive``), by class.
        package var atRisk: [TrafficClass: Int]
        /// CLOCK_MONOTONIC, nanoseconds; 0: never.
        package var countedNanoseconds: UInt64

        package func sessions(_ kind: SessionKind, _ state: SessionState) -> Int {
            Int(sessions[Int(kind.index) * Int(SLUICE_SESSION_STATES) + Int(state.rawValue)])
        }
    }

    /// By class and reason.
    package private(set) var ended: [TrafficClass: [EndReason: UInt64]] = [:]
    /// RSTs created, by the reason why the session ended: to the originator, to the responder.
    package private(set) var resets: [EndReason: [UInt64]] = [:]
    /// From the first packet to the end.
    package private(set) var lived: [TrafficClass: Durations] = [:]
    /// From the last packet to the end.
    package private(set) var idle: [TrafficClass: Durations] = [:]
    /// By instance identifier.
    package private(set) var counts: [Count] = []

    /// `memory`: the tallies of all instances, by identifier.
    package init(_ memory: UnsafeMutablePointer<sluice_tallies>) {
        for trafficClass in TrafficClass.allCases {
            ended[trafficClass] = Dictionary(uniqueKeysWithValues: EndReason.allCases.map { ($0, 0) })
            lived[trafficClass] = Durations()
            idle[trafficClass] = Durations()
        }
        resets = Dictionary(uniqueKeysWithValues: EndReason.allCases.map { ($0, [0, 0]) })
        for instance in 0..<Int(SLUICE_MAX_INSTANCES) { add(memory + instance) }
    }

    private mutating func add(_ own: UnsafeMutablePointer<sluice_tallies>) {
        for trafficClass in TrafficClass.allCases {
            let index = UInt32(trafficClass.rawValue)
            for reason in EndReason.allCases {
                ended[trafficClass]?[reason]? &+= sluice_load64(sluice_tally_ended(own, index, UInt32(reason.rawValue)))
            }
            lived[trafficClass]?.add(sluice_tally_lived(own, index))
            idle[trafficClass]?.add(sluice_tally_idle(own, index))
        }
        for reason in EndReason.allCases {
            for end in 0..<2 {
                resets[reason]?[end] &+= sluice_load64(
                    sluice_tally_resets(own, UInt32(reason.rawValue), UInt32(end)))
            }
        }
        let cells = Int(SLUICE_SESSION_KINDS * SLUICE_SESSION_STATES)
        let memory = sluice_tally_sessions(own)
        counts.append(
            Count(
                sessions: (0..<cells).map { sluice_load32(memory + $0) },
                atRisk: Dictionary(
                    uniqueKeysWithValues: TrafficClass.allCases.map {
                        ($0, Int(sluice_load64(sluice_tally_at_risk(own, UInt32($0.rawValue)))))
                    }),
                countedNanoseconds: withUnsafeMutablePointer(to: &own.pointee.countedNanoseconds) { sluice_load64($0) })
        )
    }

    /// How many sessions ended for which reason, by the reason's name. Reasons without sessions are omitted.
    package var endsByName: [String: UInt64] {
        var result: [String: UInt64] = [:]
        for reasons in ended.values {
            for (reason, count) in reasons where count > 0 { result[reason.name, default: 0] += count }
        }
        return result
    }
}

extension Datapath {
    /// What has been counted of sessions so far.
    package var sessionTallies: SessionTallies { SessionTallies(table.tallies) }
}

/// The limits of the histograms of lifetimes and idle times of sessions. The profiles' timeouts are among them.
package enum DurationBuckets {
    /// Upper limits, inclusive. One more bucket has no limit.
    package static let seconds: [UInt64] = [1, 10, 60, 240, 300, 900, 3600, 14_400, 86_400]

    private static let ticks = seconds.map { $0 * 1_000_000_000 / Tick.nanoseconds }

    /// The bucket of a duration: 0 ... `SLUICE_DURATION_BUCKETS`.
    package static func index(ticks duration: UInt64) -> Int {
        ticks.firstIndex { duration <= $0 } ?? Int(SLUICE_DURATION_BUCKETS)
    }
}
