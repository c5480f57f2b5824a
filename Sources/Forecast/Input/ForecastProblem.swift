import Fleet

/// An input that can't be used. It has what is wrong, and what to write instead.
package struct ForecastProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let what: String
    package let instead: String

    package init(_ what: String, instead: String) {
        self.what = what
        self.instead = instead
    }

    package var description: String { "\(what): \(instead)" }
}

extension ForecastSettings {
    /// Combinations that make no sense (CAST-1). The reader of each option has checked the option's own value.
    package func check() throws(ForecastProblem) {
        if let problem = instances.problem {
            throw ForecastProblem(
                "--instances \(instances.minimum)..\(instances.maximum): \(problem)", instead: "write for example 2..10"
            )
        }
        guard loss >= 0, loss <= 1 else {
            throw ForecastProblem("--loss \(loss) is not within 0 to 1", instead: "write a share like 0.1% or 0.001")
        }
        guard failure >= 0, failure < 1 else {
            throw ForecastProblem(
                "--unplanned \(failure) is not a probability below 1", instead: "write a share like 1% or 0.01")
        }
        guard idleTimeout >= 1 else {
            throw ForecastProblem(
                "--idle-timeout \(idleTimeout) s is less than a second", instead: "write a duration like 4m")
        }
        guard connections >= 1 else {
            throw ForecastProblem(
                "--count \(connections) is less than 1", instead: "write how many connections there are")
        }
        guard (0...30).contains(maintenances) else {
            throw ForecastProblem(
                "--maintenance \(maintenances) is not within 0 to 30 a month",
                instead: "write none, monthly, weekly or a number up to 30")
        }
    }

    /// What is valid, but surely not wanted.
    package var warnings: [String] {
        guard let idle = keepAlive.idle else { return [] }
        let timeout = DurationWords.text(idleTimeout)
        if idle >= idleTimeout {
            return [
                "certain kill: the first keep-alive comes after \(DurationWords.text(idle)), and the firewall ends an idle "
                    + "session after \(timeout): write --keepalive 30/10/3"
            ]
        }
        guard case .tcp(_, let interval, _) = keepAlive, idle + 3 * interval >= idleTimeout else { return [] }
        return [
            "slow probes: fewer than 4 keep-alives fit into the firewall's \(timeout), so a few lost packets end a "
                + "session: write --keepalive 30/10/3"
        ]
    }
}

/// Seconds as people write them.
enum DurationWords {
    static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() && seconds < 1e15 ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
