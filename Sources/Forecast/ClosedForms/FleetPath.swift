package import Fleet
import Simulation

/// The size of a fleet over a day, by the documented thresholds (SCALE-1): it grows at 60 % of its throughput to the
/// size that brings the load below, and loses one instance every 5 min while the load is below 20 %. Written
/// independently of the autoscaler that the simulation runs.
package struct FleetPath: Sendable {
    package struct ScaleIn: Sendable {
        /// Seconds since the highest load.
        package let at: Double
        /// How many instances served before.
        package let size: Int
    }

    /// Those of a day, in order.
    package private(set) var scaleIns: [ScaleIn] = []
    /// When the fleet is smallest: the middle of that time, in seconds since the highest load, and the size.
    package private(set) var quietest: (at: Double, size: Int) = (0, 0)
    /// From the first scale-out of a day to its first scale-in, in seconds; 0: it never scales.
    package private(set) var largeSeconds = 0.0

    private static let grow = 0.6
    private static let shrink = 0.2
    private static let coolDown = 300.0

    package init(_ load: LoadCurve, _ capacity: CapacityRange) {
        let steps = load.steps(capacity)
        var size = capacity.minimum
        // The second day begins with the size at the end of the first one.
        for day in 0..<2 {
            scaleIns = []
            quietest = (0, .max)
            var (grewAt, shrankAt): (Double?, Double?)
            for (index, step) in steps.enumerated() {
                let end = index + 1 < steps.count ? steps[index + 1].at : MonthPlan.daySeconds
                while size < capacity.maximum, step.instances / Double(size) >= FleetPath.grow - 1e-9 {
                    let use = min(step.instances / Double(size), 1)
                    let needed = Int((Double(size) * use / FleetPath.grow - 1e-9).rounded(.up))
                    size = min(max(size + 1, needed), capacity.maximum)
                    grewAt = grewAt ?? step.at
                }
                var left = Int((end - step.at) / FleetPath.coolDown) - 1
                while size > capacity.minimum, left > 0, step.instances / Double(size) < FleetPath.shrink - 1e-9 {
                    let before = scaleIns.last { $0.at > step.at }?.at ?? step.at
                    scaleIns.append(ScaleIn(at: before + FleetPath.coolDown, size: size))
                    shrankAt = shrankAt ?? step.at
                    size -= 1
                    left -= 1
                }
                if size < quietest.size { quietest = ((step.at + end) / 2, size) }
            }
            if day == 1, let shrankAt { largeSeconds = shrankAt - (grewAt ?? 0) }
        }
    }

    /// A session that comes back during a drain is not on the instance that drains.
    private static let drainSeconds = 90.0

    /// How many scale-ins of a day hit a session that is on any instance with the same probability: the sum of 1/n, which
    /// is H(Nmax) - H(Nmin) for one decline a day. A session that is not back yet can't be hit.
    ///
    /// - Parameters:
    ///   - seconds: how long after a scale-in a session is opened again; 0: it is reset.
    ///   - exposed: the share of sessions on the leaving instance that are still there when it ends them.
    package func hitsPerDay(backAfter seconds: Double = 0, exposed: Double = 1) -> Double {
        var hits: [(at: Double, share: Double)] = []
        for scaleIn in scaleIns {
            let drainsAt = scaleIn.at - FleetPath.drainSeconds
            let away = hits.reduce(0) { $0 + ($1.at + seconds > drainsAt ? $1.share : 0) }
            hits.append((scaleIn.at, (1 - away) * exposed / Double(scaleIn.size)))
        }
        return hits.reduce(0) { $0 + $1.share }
    }
}
