import Lab

/// A program that the documents name, with its client and its server: real programs as installed.
protocol Application: Sendable {
    /// As users call it: `ssh`.
    var name: String { get }
    /// What must be installed: programs, or files with their paths.
    var needs: [String] { get }
    /// What is measured. A session over UDP has no reset.
    var cases: [Case] { get }
    /// Whether TCP carries the session. A relay carries no others.
    var isTCP: Bool { get }
    /// Whether the setting that keeps the session alive is one of the client's host, not of the program.
    var isSettingOfHost: Bool { get }
    /// The setting that keeps an idle session alive, in Markdown; nil if the defaults do.
    var setting: String? { get }

    /// Starts a server and a client, and returns when the session has answered. The durations of settings are divided
    /// by the site's time scale, like those of the firewall.
    func open(at site: Site, withSetting: Bool) async throws -> Pair
}

extension Application {
    var cases: [Case] { setting == nil ? Case.withoutSetting : Case.allCases }
    var isTCP: Bool { true }
    var isSettingOfHost: Bool { false }
}

/// All applications, in the order of the page.
enum Applications {
    static let all: [any Application] = [
        SecureShellApplication(), PostgreSQL(), MariaDB(), RedisCommandLine(), RedisPython(), Mosquitto(),
        RemoteDesktop(), OpenVPN(transport: .tcp), OpenVPN(transport: .udp), WireGuard(),
        RemoteProcedures(permitsPings: true), RemoteProcedures(permitsPings: false), SAPNetworkInterface(),
    ]
}

/// What happens to a session.
enum Case: String, CaseIterable, Codable, Sendable {
    /// Idle for longer than the north-south timeout.
    case idleNorthSouth
    /// Idle for longer than the east-west timeout.
    case idleEastWest
    /// Its instance drains: 45 s without new sessions, then 45 s of resets.
    case drain
    /// Its instance is killed.
    case instanceDies
    /// As ``idleNorthSouth``, with the setting that keeps the session alive.
    case idleWithSetting
    /// As ``instanceDies``, with that setting.
    case instanceDiesWithSetting

    static let withoutSetting: [Case] = [.idleNorthSouth, .idleEastWest, .drain, .instanceDies]

    /// Where the server is.
    var zone: LabZone { self == .idleEastWest ? .peer : .internet }
    var hasSetting: Bool { self == .idleWithSetting || self == .instanceDiesWithSetting }
    /// Whether both ends of a TCP session are sent a RST.
    var isReset: Bool { self == .idleNorthSouth || self == .drain }
}
