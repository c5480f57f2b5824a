import Lab

/// Counts what happened to the sessions of the instances that left, and to the other sessions of a set.
struct LossCount {
    /// Sessions of the instances in question, north-south and east-west.
    private(set) var northSouth = 0
    private(set) var eastWest = 0
    /// Of these: both ends were reset.
    private(set) var resetAtBothEnds = 0
    /// Of these: neither end has seen an error or a FIN.
    private(set) var untouched = 0
    /// Of these: at least one end was reset.
    private(set) var resetAtSomeEnd = 0
    /// Of these: both ends have timed out.
    private(set) var timedOutAtBothEnds = 0
    /// When the ends of these sessions were reset, seconds since 1970, the earliest first.
    private(set) var resetTimes: [Double] = []
    /// Sessions of other instances, and those of them where an end has seen an error or a FIN.
    private(set) var others = 0
    private(set) var othersTouched = 0

    var affected: Int { northSouth + eastWest }

    /// - Parameter owners: the owners at the time of the disturbance. A connection that is missing had no session then.
    init(_ sets: [LongSessions], owners: [LongSessions.Connection: Int], leaving: Set<Int>) {
        let fates = sets.reduce(into: [:]) { $0.merge($1.fates()) { first, _ in first } }
        for (connection, owner) in owners {
            guard let fate = fates[connection] else { continue }
            guard leaving.contains(owner) else {
                others += 1
                if !fate.isUntouched { othersTouched += 1 }
                continue
            }
            if connection.group.zone == .internet { northSouth += 1 } else { eastWest += 1 }
            let times = [fate.client, fate.server].compactMap { $0.time(of: "ECONNRESET") }
            resetTimes += times
            if times.count == 2 { resetAtBothEnds += 1 }
            if !times.isEmpty { resetAtSomeEnd += 1 }
            if fate.isUntouched { untouched += 1 }
            if fate.client.time(of: "ETIMEDOUT") != nil, fate.server.time(of: "ETIMEDOUT") != nil {
                timedOutAtBothEnds += 1
            }
        }
        resetTimes.sort()
    }

    /// `21 sessions (11 N-S, 10 E-W)`
    var affectedText: String { "\(affected) sessions (\(northSouth) N-S, \(eastWest) E-W)" }
    /// The leaving instance had sessions of both classes, and all of them were reset at both ends.
    var isWholeReset: Bool { northSouth > 0 && eastWest > 0 && resetAtBothEnds == affected }
}
