import Forecast
import Policy
import Sockets

/// What the connections of this host have to expect in a month, by their keep-alive and class: the closed form of
/// `sluice forecast` with its usual assumptions.
struct ForecastSection: CheckUpSection {
    func text(_ facts: CheckUpFacts, style: TextStyle) -> String? {
        let rows = ForecastRow.list(facts)
        guard let first = rows.first else { return nil }
        var table = TextTable([
            .left("KEEP-ALIVE"), .left("CLASS", spare: 1), .right("CONNECTIONS"), .right("IDLE"), .right("FLEET"),
            .right("MINUTES LOST"),
        ])
        for row in rows {
            table.add([
                row.keepAlive, row.trafficClass.rawValue, HumanText.count(row.connections),
                ForecastRendering.number(row.idleDisruptions), ForecastRendering.number(row.fleetDisruptions),
                ForecastRendering.number(row.minutesLost),
            ])
        }
        return """
            Forecast: disruptions in a month of one such connection that stays open, by the idle timeout and by the fleet:

            \(table.text(style: style))
            assumed: a packet every 90 s on average, 0.1 % loss, 2 to 10 instances, one maintenance. Try your own figures:
            sluice forecast --keepalive \(first.keepAlive) --class \(first.trafficClass.rawValue) --count \(first.connections)

            """
    }
}

/// Connections with the same keep-alive and class. Property names are those of the JSON.
struct ForecastRow: Encodable, Equatable {
    /// `off`, or `30/10/3`: idle, interval, count.
    let keepAlive: String
    let trafficClass: ForecastSettings.TrafficClass
    let connections: Int
    /// Disruptions in 30 days of one connection, by idle timeouts.
    let idleDisruptions: Double
    /// The same, by scale-in, maintenance and failures.
    let fleetDisruptions: Double
    let minutesLost: Double

    /// Of the sockets whose keep-alive is known and that leave this host, the most disrupted first.
    static func list(_ facts: CheckUpFacts) -> [ForecastRow] {
        var counts: [Key: Int] = [:]
        for view in facts.views where view.judgement.reason != .local {
            guard let pattern = pattern(view.socket.keepAlive) else { continue }
            let trafficClass: ForecastSettings.TrafficClass =
                view.judgement.trafficClass == .eastWest ? .eastWest : .northSouth
            counts[Key(pattern: pattern, trafficClass: trafficClass), default: 0] += 1
        }
        return counts.map { key, count in
            var settings = ForecastSettings()
            settings.use(facts.profile, key.trafficClass)
            settings.keepAlive = key.pattern
            let forecast = ClosedForecast(settings)
            let idle = forecast.disruptions[.idle] ?? 0
            return ForecastRow(
                keepAlive: text(key.pattern), trafficClass: key.trafficClass, connections: count,
                idleDisruptions: idle, fleetDisruptions: forecast.total - idle, minutesLost: forecast.minutesLost)
        }.sorted {
            ($1.minutesLost, $0.keepAlive, $0.trafficClass.rawValue) < (
                $0.minutesLost, $1.keepAlive, $1.trafficClass.rawValue
            )
        }
    }

    private struct Key: Hashable {
        let pattern: KeepAlivePattern
        let trafficClass: ForecastSettings.TrafficClass
    }

    private static func pattern(_ keepAlive: KeepAliveView) -> KeepAlivePattern? {
        switch keepAlive {
        case .exact(let exact):
            exact.isOn
                ? .tcp(
                    idle: Double(exact.idleSeconds), interval: Double(exact.intervalSeconds), count: Int(exact.count))
                : .off
        case .off: .off
        case .onAtLeast, .hidden, .none: nil
        }
    }

    private static func text(_ pattern: KeepAlivePattern) -> String {
        switch pattern {
        case .off: "off"
        case .tcp(let idle, let interval, let count): "\(Int(idle))/\(Int(interval))/\(count)"
        case .application(let period): "app:\(Int(period))"
        }
    }
}
