package import Simulation

/// How often the idle timeout ends a session.
///
/// Keep-alive probes are sent at t_1, t_2, ... after the last packet that got through. Those within the timeout T count:
/// 1 + floor((T - idle) / interval), or floor(T / period) of an application. The session dies in a time without traffic
/// if all k of them are lost, with probability loss^k.
package struct IdleKills: Sendable {
    package var keepAlive: KeepAlivePattern
    /// Seconds.
    package var timeout: Double
    package var loss: Double

    package init(keepAlive: KeepAlivePattern, timeout: Double, loss: Double) {
        self.keepAlive = keepAlive
        self.timeout = timeout
        self.loss = loss
    }

    /// When the probes are sent that can save the session, in seconds after the last packet.
    package var probes: [Double] {
        switch keepAlive {
        case .off: return []
        case .tcp(let idle, let interval, let count):
            guard idle <= timeout else { return [] }
            let fitting = 1 + Int(((timeout - idle) / max(interval, 1e-3)).rounded(.down))
            return (0..<min(fitting, count)).map { idle + Double($0) * interval }
        case .application(let period):
            return (0..<Int((timeout / period).rounded(.down))).map { Double($0 + 1) * period }
        }
    }

    /// When a session dies whose probes are all lost: at the timeout, or when the end that probes gives up.
    package var dies: Double {
        if case .tcp(let idle, let interval, let count) = keepAlive, probes.count == count {
            return min(timeout, idle + Double(count) * interval)
        }
        return timeout
    }

    /// loss^k.
    package var allLost: Double { Mathematics.power(loss, probes.count) }

    /// More lost probes in a row do not count.
    private static let mostLost = 1_000

    /// The probabilities that probe i is the first one that gets through, with its time.
    private var answered: [(at: Double, probability: Double)] {
        probes.prefix(IdleKills.mostLost).enumerated().map { ($1, Mathematics.power(loss, $0) * (1 - loss)) }
    }

    /// Kills per second of a session with these gaps between its packets.
    package func rate(_ gaps: TrafficGaps) -> Double {
        switch gaps {
        case .endless:
            // A cycle ends with the first probe that gets through, or with the death of the session.
            let cycle = answered.reduce(allLost * dies) { $0 + $1.at * $1.probability }
            return cycle > 0 ? allLost / cycle : 0
        case .exponential(let mean):
            return perExponentialGap(mean) / mean
        case .sampled(let gaps):
            let total = gaps.reduce(0, +)
            return total > 0 ? kills(in: gaps) / total : 0
        }
    }

    /// The probability K that an exponential gap of mean m kills. It has no memory, so after an answered probe the rest
    /// is such a gap again: K = loss^k e^(-T/m) + K * sum over i of loss^(i-1) (1 - loss) e^(-t_i/m).
    package func perExponentialGap(_ mean: Double) -> Double {
        let again = answered.reduce(0) { $0 + $1.probability * Mathematics.exponential(-$1.at / mean) }
        return allLost * Mathematics.exponential(-dies / mean) / (1 - again)
    }

    /// Gaps that are longer are counted as cycles of keep-alives.
    private static let longestGap = 86_400

    /// The sum over gaps of the probability that a gap kills. f(g) is computed for whole seconds: f(g) = [g > T] loss^k +
    /// sum over t_i < g of loss^(i-1) (1 - loss) f(g - t_i).
    private func kills(in gaps: [Double]) -> Double {
        let longest = min(Int(gaps.reduce(0, max).rounded(.up)), IdleKills.longestGap)
        let answered = answered
        var table = [Double](repeating: 0, count: longest + 1)
        for gap in 0...longest where Double(gap) > min(dies, answered.first?.at ?? dies) {
            var sum = Double(gap) > dies ? allLost : 0
            for (at, probability) in answered where at < Double(gap) {
                sum += probability * table[Int(Double(gap) - at)]
            }
            table[gap] = sum
        }
        let endless = rate(.endless)
        return gaps.reduce(0) { total, gap in
            let whole = Int(gap.rounded(.up))
            if whole <= longest { return total + table[whole] }
            return total + min(1, table[longest] + (gap - Double(longest)) * endless)
        }
    }
}
