import Fleet

/// A session of the application under forecast; when it ends, the next one takes its place here.
struct MonthSession {
    /// 0: not connected.
    var instance: InstanceIdentifier = 0
    /// When it ends by itself.
    var endsAt: UInt64 = .max
    /// Whether it ends because it was idle, and not because its time is over.
    var endsByOther = false
}

/// The sessions of a month. Their number is small beside the fleet's traffic, so they do not change its load.
extension FleetMonth {
    mutating func beginSessions() {
        sessions = [MonthSession](repeating: MonthSession(), count: plan.sessions)
        for index in sessions.indices { connect(index, at: now) }
    }

    private var haveEnds: Bool { plan.life != .persistent || plan.otherEndsPerSecond > 0 }

    /// Opens a session. The machine says who takes new sessions. The steering table gives each of these the same share of
    /// the hashes (SteeringTests), and every session has a hash of its own, so a random one is drawn.
    mutating func connect(_ index: Int, at time: UInt64) {
        guard !first.isEmpty else {
            sessions[index].instance = 0
            return agenda.add(.sessionReturns(index), at: now + 1 * .second)
        }
        sessions[index].instance = first[Int(random.next() % UInt64(first.count))]
        guard haveEnds else { return }
        let own = plan.life.draw(using: &random)
        let other = plan.otherEndsPerSecond > 0 ? random.exponential(mean: 1 / plan.otherEndsPerSecond) : nil
        let seconds = min(own ?? .infinity, other ?? .infinity)
        sessions[index].endsAt = time + FleetMonth.nanoseconds(max(seconds, 0.001))
        sessions[index].endsByOther = other.map { $0 < own ?? .infinity } ?? false
    }

    /// More sessions in a row are not opened one by one.
    private static let mostRenewals = 100.0

    private var meanLifeSeconds: Double {
        1 / ((plan.life.mean.map { 1 / max($0, 1e-6) } ?? 0) + plan.otherEndsPerSecond)
    }

    private func naturalEnds(in nanoseconds: UInt64) -> Int {
        plan.life.mean.map { Int(Double(nanoseconds) / 1e9 / max($0, 1e-6)) } ?? 0
    }

    /// Ends the sessions whose time was over until now, and opens the next ones by the steering until now.
    mutating func renewSessions() {
        guard haveEnds else { return }
        for index in sessions.indices where sessions[index].instance != 0 {
            while sessions[index].endsAt <= now, sessions[index].instance != 0 {
                let end = sessions[index].endsAt
                if Double(now - end) / 1e9 > FleetMonth.mostRenewals * meanLifeSeconds {
                    // Only the last one of so many is still open.
                    if end >= monthBegins { report.naturalEnds += naturalEnds(in: now - end) }
                    connect(index, at: now)
                    break
                }
                if !sessions[index].endsByOther, end >= monthBegins { report.naturalEnds += 1 }
                connect(index, at: end)
            }
        }
    }

    /// Disrupts the sessions of an instance. With a RST they are opened again at once, else when an end notices.
    mutating func disrupt(_ identifier: InstanceIdentifier, _ cause: MonthReport.Cause, isSilent: Bool) {
        renewSessions()
        for index in sessions.indices where sessions[index].instance == identifier {
            if isCounted {
                if isSilent { report.silent[cause.rawValue] += 1 } else { report.resets[cause.rawValue] += 1 }
                if cause == .maintenance { report.maintenanceBySession[index] += 1 }
            }
            guard isSilent else {
                connect(index, at: now)
                continue
            }
            sessions[index].instance = 0
            agenda.add(.sessionReturns(index), at: now + FleetMonth.nanoseconds(plan.noticeSeconds))
        }
    }

    /// KEEP-1: others take the sessions over.
    mutating func move(_ identifier: InstanceIdentifier, to heirs: [InstanceIdentifier]) {
        guard !heirs.isEmpty else { return }
        renewSessions()
        for index in sessions.indices where sessions[index].instance == identifier {
            sessions[index].instance = heirs[index % heirs.count]
        }
    }
}
