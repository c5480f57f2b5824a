import FlowCore
import Yams

/// Reads a configuration text and collects all of its mistakes.
///
/// Every function that reads a value returns nil if the value is missing or wrong. A wrong value has been reported
/// then. A configuration is created only if nothing was reported.
struct ConfigurationReader {
    let file: String
    let hostName: String
    var errors: [ConfigurationError] = []
    var notices: [String] = []
    /// What messages are about, besides the key: `rule "web"`.
    var subject: String?
    /// Reads a file that the text names.
    let loadFile: (String) throws(ConfigurationErrors) -> [UInt8]
    /// The files that were read, by the names in the text.
    var files: [String: [UInt8]] = [:]

    init(
        file: String, hostName: String,
        loadFile: @escaping (String) throws(ConfigurationErrors) -> [UInt8] = { (path) throws(ConfigurationErrors) in
            try GroupFile.bytes(path: path)
        }
    ) {
        self.loadFile = loadFile
        self.file = file
        self.hostName = hostName
    }

    mutating func read(_ text: String) -> Configuration? {
        guard let root = compose(text),
            let section = section(root, path: "", keys: ConfigurationReference.names(of: .top))
        else { return nil }

        let gateway = gatewayName(section)
        let profile = choice(section, "profile", Profile.self) ?? (section["profile"] == nil ? .azure : nil)
        let timeScale = timeScale(section)
        let continuity = continuity(section)
        let capacitySessions = capacity(section)
        var zones = zones(section)
        let internalPrefixes = internalPrefixes(section)
        // If the profile itself is wrong, the widest ranges still find values that no profile allows.
        let timeouts = readTimeouts(section, profile: profile ?? .custom)
        let drain = readDrain(section, profile: profile ?? .custom)
        let fleet = readFleet(section)
        let maintenance = readMaintenance(section)
        let rules = rules(section, profile: profile)
        let hostRules = hostRules(section)
        let vethShortcut = boolean(section, "vethShortcut") ?? true
        let hostPing = boolean(section, "hostPing") ?? true
        let withoutSession = choice(section, "withoutSession", Configuration.WithoutSession.self) ?? .drop
        let guardOnStop = choice(section, "guardOnStop", Configuration.GuardOnStop.self) ?? .keep
        let flowLog = flowLog(section)
        let api = api(section)
        let stateDirectory = absolutePath(section, "stateDirectory", example: Configuration.usualStateDirectory)
        checkTogether(rules + hostRules)
        let (groups, book) = groups(
            section, internalPrefixes: internalPrefixes ?? Configuration.defaultInternalPrefixes, zones: &zones)
        checkNames(of: rules + hostRules, groups)

        guard errors.isEmpty, let gateway, let profile, let timeScale, let continuity, let capacitySessions,
            let internalPrefixes, let drain, let fleet
        else { return nil }
        if rules.isEmpty { notices.append("rules: there are none, so all traffic is denied") }
        return Configuration(
            gateway: gateway, profile: profile, timeScale: timeScale, continuity: continuity,
            capacitySessions: capacitySessions, zones: zones, internalPrefixes: internalPrefixes,
            rules: rules.map(\.rule).sorted { $0.priority < $1.priority }, groups: groups, addressBook: book,
            files: files,
            hostRules: hostRules.map(\.rule).sorted { $0.priority < $1.priority },
            vethShortcut: vethShortcut, hostPing: hostPing, withoutSession: withoutSession, guardOnStop: guardOnStop,
            unscaledDrain: drain, unscaledTimeouts: timeouts, fleet: fleet, maintenance: maintenance, flowLog: flowLog,
            api: api,
            stateDirectory: stateDirectory ?? Configuration.usualStateDirectory, notices: notices)
    }

    /// Reports a mistake at a node.
    mutating func report(_ node: Node?, _ key: String, _ message: String) {
        let message = subject.map { "\($0): \(message)" } ?? message
        errors.append(
            ConfigurationError(
                file: file, line: node?.mark?.line, column: node?.mark?.column, key: key, message: message))
    }
}
