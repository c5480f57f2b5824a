package import Fleet
package import Simulation

/// The load of the fleet over a day; every day is the same.
package struct LoadCurve: Hashable, Sendable {
    /// A level of the load.
    package struct Level: Hashable, Sendable {
        /// Seconds since midnight.
        package var from: Double
        /// Share of the capacity of the largest fleet: 0 ... 1.
        package var share: Double

        package init(from: Double, share: Double) {
            self.from = from
            self.share = share
        }
    }

    /// nil: a load that the smallest fleet carries, without any scaling. In order of time, not empty.
    package var levels: [Level]?

    package init(levels: [Level]?) { self.levels = levels }

    /// Never scales.
    package static let constant = LoadCurve(levels: nil)

    /// The largest fleet from 08:00 to 20:00, the smallest one at night.
    package static func daily(_ capacity: CapacityRange) -> LoadCurve {
        let night = 0.1 * Double(capacity.minimum) / Double(capacity.maximum)
        // Just under the 60 % at which a fleet grows, so that the largest one is needed and suffices.
        return LoadCurve(levels: [Level(from: 8 * 3_600, share: 0.599), Level(from: 20 * 3_600, share: night)])
    }

    /// The levels from the highest one on, with times since its beginning and loads in instances.
    package func steps(_ capacity: CapacityRange) -> [MonthPlan.LoadStep] {
        guard let levels, capacity.minimum < capacity.maximum,
            let highest = levels.indices.max(by: { levels[$0].share < levels[$1].share })
        else {
            return [MonthPlan.LoadStep(at: 0, instances: 0.4 * Double(capacity.minimum))]
        }
        let origin = levels[highest].from
        return (levels[highest...] + levels[..<highest]).map { level in
            MonthPlan.LoadStep(
                at: level.from >= origin ? level.from - origin : level.from - origin + MonthPlan.daySeconds,
                instances: level.share * Double(capacity.maximum))
        }
    }
}
