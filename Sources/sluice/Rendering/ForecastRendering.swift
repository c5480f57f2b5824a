import Forecast
import Policy
import Simulation

/// Formats a forecast for people, in 80 columns.
enum ForecastRendering {
    static func text(
        _ report: ForecastReport, _ settings: ForecastSettings, profile: Profile, style: TextStyle = Console.style
    ) -> String {
        var text = "Means of a month of 30 days, of one connection:\n\n"
        text += causes(report).text(style: style)
        text += "\n" + sums(report, settings)
        if !report.changes.isEmpty { text += "\n" + changes(report).text(style: style) }
        text += "\nassumed: " + assumptions(report, settings, profile) + "\n"
        for warning in report.warnings { text += "note: \(warning)\n" }
        return TextFold.page(text, width: style.width ?? width)
    }

    private static let width = 80

    private static func causes(_ report: ForecastReport) -> TextTable {
        var table = TextTable([
            .left("CAUSE"), .right("DISRUPTIONS"), .right("SIMULATED"), .right("SHARE", spare: 1),
            .right("MINUTES LOST"),
        ])
        for row in report.causes {
            table.add([
                row.cause.title, number(row.closedForm), estimate(row.simulated), HumanText.percent(row.share),
                number(row.minutesLost),
            ])
        }
        table.add([
            "all", number(report.disruptions), estimate(report.simulatedDisruptions), "",
            number(report.minutesLost),
        ])
        return table
    }

    private static func sums(_ report: ForecastReport, _ settings: ForecastSettings) -> String {
        var text = ""
        if let disrupted = report.disruptedSessions {
            text += "A session is disrupted before it ends with a probability of \(HumanText.percent(disrupted)).\n"
        }
        let count = Double(report.connections)
        let name = report.connections == 1 ? "One connection" : "All \(HumanText.count(report.connections)) connections"
        return text
            + "\(name): \(number(report.disruptions * count)) disruptions a month, \(span(report.minutesLost * count)) "
            + "lost, of which \(span(report.minutesRedone * count)) are work done again.\n"
    }

    private static func changes(_ report: ForecastReport) -> TextTable {
        var table = TextTable([
            .left("WHAT HELPS MOST"), .right("DISRUPTIONS"), .right("MINUTES LOST"), .right("SIMULATED"),
        ])
        for change in report.changes {
            table.add([
                change.title, difference(change.disruptions, report.disruptions),
                difference(change.minutesLost, report.minutesLost),
                difference(change.simulatedMinutesLost.mean, report.simulatedMinutesLost.mean),
            ])
        }
        return table
    }

    private static func assumptions(
        _ report: ForecastReport, _ settings: ForecastSettings, _ profile: Profile
    ) -> String {
        let (least, most) = (settings.instances.minimum, settings.instances.maximum)
        let size = least == most ? "\(most) instances" : "\(least) to \(most) instances"
        let steering =
            settings.continuity == .preserve
            ? "other instances take sessions over"
            : settings.steering == .any
                ? "new sessions go to any instance, and any one leaves"
                : "new sessions go to updated instances first, and the one with the fewest long-lived sessions leaves"
        return "profile \(profile.rawValue), \(size); \(steering); one maintenance disrupts a session "
            + "\(number(report.disruptionsPerMaintenance)) times; idle timeout \(HumanText.setting(seconds: settings.idleTimeout)); "
            + "an instance fails in a month with a probability of \(HumanText.percent(settings.failure))"
    }

    // MARK: - Numbers

    /// Two decimals; small ones with two digits.
    static func number(_ value: Double) -> String {
        if value == 0 { return "0" }
        if abs(value) >= 1_000 { return HumanText.count(Int(min(value, 1e15).rounded())) }
        if abs(value) >= 0.01 { return HumanText.decimal(value, places: 2, keepsZeros: true) }
        return abs(value) < 0.0001 ? "< 0.0001" : HumanText.decimal(value, places: 4)
    }

    private static func estimate(_ estimate: Estimate) -> String {
        estimate.standardError == 0
            ? number(estimate.mean) : "\(number(estimate.mean)) +- \(number(estimate.standardError))"
    }

    private static func span(_ minutes: Double) -> String {
        minutes < 120 ? "\(number(minutes)) minutes" : "\(number(minutes / 60)) hours"
    }

    /// `-97.1 %`.
    private static func difference(_ then: Double, _ now: Double) -> String {
        guard now > 0 else { return "0 %" }
        let share = then / now - 1
        if abs(share) < 0.0005 { return "0 %" }
        return share > 0 ? "+\(HumanText.percent(share))" : "-\(HumanText.percent(-share))"
    }
}
