import ArgumentParser
import Forecast
import Policy
import Simulation

/// The firewall of a forecast.
struct ForecastFirewallOptions: ParsableArguments {
    @Option(
        help: "The version of the documented behaviour: azure, azure-2025, azure-2022 or custom.",
        completion: ForecastFirewallOptions.profiles.completion,
        transform: { try ForecastFirewallOptions.profiles.read($0) })
    var profile: Profile = .azure

    @Option(help: "How many instances there are: 2..10, or 5.")
    var instances = "2..10"

    @Option(
        help: ArgumentHelp(
            "When the load is high: daily (the largest fleet from 08:00 to 20:00), constant, or a file with lines '08:00 60%'.",
            valueName: "daily|constant|file"))
    var loadCurve = "daily"

    @Option(help: ArgumentHelp("none, monthly, weekly, or how many a month.", valueName: "how-often"))
    var maintenance = "monthly"

    @Option(
        help: "Which instance takes a new session: any (the documents do not say), or as sluice does it.",
        completion: ForecastFirewallOptions.steerings.completion,
        transform: { try ForecastFirewallOptions.steerings.read($0) })
    var steering: FleetSteering = .any

    @Option(
        help: "What happens to sessions of an instance that leaves: disruptive, or preserve (only Sluice).",
        completion: ForecastFirewallOptions.continuities.completion,
        transform: { try ForecastFirewallOptions.continuities.read($0) })
    var continuity: ForecastSettings.Continuity = .disruptive

    @Option(help: "The probability that an instance fails within 30 days. By default what the profile's documents say.")
    var unplanned: String?

    @Option(
        name: .customLong("class"), help: "The class of the sessions: northSouth or eastWest.",
        transform: { try Self.classes.read($0) })
    var trafficClass: ForecastSettings.TrafficClass = .northSouth

    @Option(help: "The idle timeout, as a duration. By default the profile's.")
    var idleTimeout: String?

    static let profiles = WordList("profile", Profile.allCases.map { .init(word: $0.rawValue, value: $0) })
    static let steerings = WordList("steering", FleetSteering.allCases.map { .init(word: $0.rawValue, value: $0) })
    static let continuities = WordList(
        "continuity", ForecastSettings.Continuity.allCases.map { .init(word: $0.rawValue, value: $0) })
    static let classes = WordList(
        "traffic class", ForecastSettings.TrafficClass.allCases.map { .init(word: $0.rawValue, value: $0) })

    /// Returns what a reader must know about the values.
    func apply(to settings: inout ForecastSettings, files: ForecastText.Files) throws -> [String] {
        settings.use(profile, trafficClass)
        settings.instances = try ForecastText.instances(instances)
        settings.load = try ForecastText.load(loadCurve, capacity: settings.instances, files: files)
        settings.maintenances = try ForecastText.maintenances(maintenance)
        settings.steering = steering
        settings.continuity = continuity
        if let idleTimeout {
            settings.idleTimeout = try ForecastText.duration(idleTimeout, option: "--idle-timeout")
        }
        let rate = PublishedRate(profile)
        settings.failure = try unplanned.map { try ForecastText.share($0, option: "--unplanned") } ?? rate.failure
        return unplanned == nil ? [rate.note].compactMap { $0 } : []
    }
}
