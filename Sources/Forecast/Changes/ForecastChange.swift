import Fleet
import Simulation

/// Something that an application owner, or whoever runs the firewall, could change.
package struct ForecastChange: Sendable {
    /// What to change, for people.
    package let title: String
    /// The settings after the change.
    package let settings: ForecastSettings

    /// Every change that is not made yet.
    package static func candidates(for settings: ForecastSettings) -> [ForecastChange] {
        var changes: [ForecastChange] = []
        func add(_ title: String, _ change: (inout ForecastSettings) -> Void) {
            var changed = settings
            change(&changed)
            if changed != settings { changes.append(ForecastChange(title: title, settings: changed)) }
        }
        add("keep-alive 30/10/3") { $0.keepAlive = .recommended }
        let most = settings.instances.maximum
        add("prescale: always \(most) instances") { $0.instances.minimum = most }
        let half = (settings.instances.minimum + most) / 2
        if half > settings.instances.minimum, half < most - 1, settings.load.levels != nil {
            add("prescale: at least \(half) instances") { $0.instances.minimum = half }
        }
        add("Sluice's steering") { $0.steering = .sluice }
        add("Sluice with continuity: preserve") {
            $0.steering = .sluice
            $0.continuity = .preserve
        }
        add("drain with resets, profile azure") { $0.drain = .azure }
        add("resets of idle sessions") { $0.resetsIdle = true }
        add("retry at once, firewallReset") { $0.retry = .firewallReset }
        add("transactions that resume, redo 0") { $0.redo = 0 }
        return changes
    }

    /// A change and what it saves a month, of one connection.
    package struct Gain: Sendable {
        package let change: ForecastChange
        package let disruptions: Double
        package let minutes: Double
    }

    /// The changes that save the most minutes a month; of those that save the same, the one with fewer disruptions. Each is
    /// forecast again by the closed form. Changes that save nothing are left out.
    package static func best(_ count: Int, for settings: ForecastSettings) -> [Gain] {
        let now = ClosedForecast(settings)
        let gains = candidates(for: settings).map { change in
            let then = ClosedForecast(change.settings)
            return Gain(
                change: change, disruptions: now.total - then.total, minutes: now.minutesLost - then.minutesLost)
        }
        let helpful = gains.filter { $0.minutes > 1e-9 || ($0.minutes > -1e-9 && $0.disruptions > 1e-9) }
        return Array(
            helpful.sorted { ($0.minutes, $0.disruptions) > ($1.minutes, $1.disruptions) }.prefix(count))
    }
}
