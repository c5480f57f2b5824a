/// A session that is often idle, with its keep-alives, in virtual time: what the firewall's idle timeout does to it.
///
/// Probe by probe, with random losses. After a kill the application opens its session again when it has something to
/// send; without any traffic of its own it does so at once.
package struct IdleSession: Sendable {
    /// When an end probes.
    package struct Probing: Hashable, Sendable {
        /// Seconds after the last packet that got through, until the first probe.
        package var idle: Double
        /// Seconds between two probes, while none gets through.
        package var interval: Double
        /// After this many lost probes the end gives up; nil: never.
        package var count: Int?

        package init(idle: Double, interval: Double, count: Int?) {
            self.idle = idle
            self.interval = interval
            self.count = count
        }
    }

    /// Kills over a time, in equal numbers of gaps.
    package struct Outcome: Sendable {
        package var kills: [Int] = []
        package var seconds: [Double] = []
    }

    let gaps: TrafficGaps
    let timeout: Double
    let probing: Probing?
    let loss: Double
    let absence: Double
    var random: SeededRandom

    /// - Parameters:
    ///   - timeout: the firewall's idle timeout, in seconds.
    ///   - probing: nil: no keep-alive.
    ///   - loss: the probability that a probe does not reach the firewall.
    ///   - absence: how long there is no session after a kill, in seconds.
    package init(
        gaps: TrafficGaps, timeout: Double, probing: Probing?, loss: Double, absence: Double = 0, seed: UInt64
    ) {
        self.gaps = gaps
        self.timeout = timeout
        self.probing = probing
        self.loss = loss
        self.absence = absence
        random = SeededRandom(seed: seed)
    }

    static let batches = 100

    /// Simulates this many probes and gaps, in batches.
    package consuming func run(steps: Int) -> Outcome {
        var session = self
        var outcome = Outcome()
        for _ in 0..<IdleSession.batches {
            var (kills, seconds, left) = (0, 0.0, max(steps / IdleSession.batches, 1))
            while left > 0 {
                let gap = session.gaps.draw(using: &session.random)
                let (isKilled, length) = session.pass(gap, left: &left)
                kills += isKilled ? 1 : 0
                seconds += length + (isKilled ? session.absence : 0)
            }
            outcome.kills.append(kills)
            outcome.seconds.append(seconds)
        }
        return outcome
    }

    /// One gap; nil: until the kill, or the end of the batch.
    private mutating func pass(_ gap: Double?, left: inout Int) -> (isKilled: Bool, seconds: Double) {
        var seen = 0.0
        var sent = 0
        while true {
            left -= 1
            var dies = seen + timeout
            var probe = Double.infinity
            if let probing {
                if sent < probing.count ?? .max {
                    probe = seen + probing.idle + Double(sent) * probing.interval
                } else {
                    // The end itself has given up.
                    dies = min(dies, seen + probing.idle + Double(sent) * probing.interval)
                }
            }
            if let gap, gap <= min(probe, dies) { return (false, gap) }
            guard probe <= dies else { return (true, gap ?? dies) }
            if random.share() <= loss {
                sent += 1
            } else {
                (seen, sent) = (probe, 0)
                if gap == nil, left <= 0 { return (false, seen) }
            }
        }
    }
}
