/// How often one maintenance disrupts a session (docs/explanation/forecast.md has the derivation).
///
/// A maintenance replaces N instances one after the other. Before step j (0, 1, ... N-1) a session is on each instance
/// that is still old with the same probability p; first p = 1/N. Step j disrupts it with probability p. It comes back on
/// any of the L instances that serve then, so p grows by p/L: p_j = (1/N) (1 + 1/L)^j, and the sum over all steps is
/// (L/N) ((1 + 1/L)^N - 1).
package struct MaintenanceHits: Hashable, Sendable {
    package var instances: Int
    package var steering: FleetSteering
    /// Whether a replacement serves before the old instance leaves, so that N others serve; else N-1 do.
    package var replacementFirst = true
    /// The share of sessions that end by themselves and begin again during a step.
    package var renewedPerStep = 0.0
    /// The share of sessions that end by themselves while their instance drains, before it disrupts the others.
    package var endingInDrain = 0.0
    /// How many further steps begin before a disrupted session is open again: 0 after a RST.
    package var missedSteps = 0

    package init(instances: Int, steering: FleetSteering) {
        self.instances = instances
        self.steering = steering
    }

    /// The length of a step, in seconds: 90 s of drain, and the start of the next replacement.
    package static let stepSeconds = 91.0

    /// The mean number of disruptions of a session by a maintenance, if first it is on each instance with the same
    /// probability.
    package var mean: Double { mean(ofMaintenances: 1) }

    /// The mean number of disruptions by several maintenances of a fleet that does not scale in between. Each of them
    /// replaces last what the one before has replaced first, where the most sessions are.
    package func mean(ofMaintenances count: Int) -> Double {
        guard steering == .any else { return Double(count) * updatedFirst }
        var places = [Double](repeating: 1 / Double(instances), count: instances)
        return (0..<count).reduce(0.0) { sum, _ in sum + replaceAll(&places) }
    }

    /// One maintenance.
    ///
    /// - Parameter places: the probability that the session is on each instance, in the order in which they are replaced;
    ///   after it, in the order of the next maintenance.
    private func replaceAll(_ places: inout [Double]) -> Double {
        let landing = Double(replacementFirst ? instances : max(instances - 1, 1))
        var old = places
        var updated = [Double](repeating: 0, count: instances)
        var hits: [Double] = []
        for step in 0..<instances {
            hits.append(old[step] * (1 - endingInDrain))
            let back = step >= missedSteps ? hits[step - missedSteps] : 0
            let rest = old[(step + 1)...].reduce(0, +) + updated.reduce(0, +)
            let moving = back + old[step] * endingInDrain + rest * renewedPerStep
            for other in instances - 1 > step ? step + 1..<instances : 0..<0 {
                old[other] += moving / landing - old[other] * renewedPerStep
            }
            for other in 0...step {
                let isOpen = replacementFirst || other < step
                updated[other] += (isOpen ? moving / landing : 0) - updated[other] * renewedPerStep
            }
        }
        for hit in hits.suffix(missedSteps) {
            for index in updated.indices { updated[index] += hit / Double(instances) }
        }
        // The first replacement gets the highest number, and instances are replaced in the order of their numbers.
        places = Array(updated[1...] + updated[..<1])
        return hits.reduce(0, +)
    }

    /// New sessions go to replaced instances, so a disrupted session, and one that begins during the maintenance, is not
    /// disrupted again. If the first old instance leaves before any replacement serves, its sessions are hit twice.
    private var updatedFirst: Double {
        let count = Double(instances)
        let hits = (0..<instances).reduce(0.0) { $0 + Mathematics.power(1 - renewedPerStep, $1) / count }
        return (replacementFirst || instances == 1 ? hits : hits + 1 / count) * (1 - endingInDrain)
    }
}
