/// A row of the table of clients: how a program behaves at its defaults, and the setting that makes it safe (RISK-3).
package struct ClientRow: Hashable, Sendable {
    /// Which end of a connection the program is.
    package enum Role: String, Sendable {
        case client
        case server
    }

    /// TCP keep-alive at the defaults.
    package enum Default: Hashable, Sendable {
        case off
        /// On, with the system's idle time of 2 h.
        case system
        /// On, with an idle time of its own in seconds.
        case own(seconds: UInt32)
        /// Not measured: the program runs elsewhere, or decides by its configuration.
        case unknown

        package var text: String {
            switch self {
            case .off: "off"
            case .system: "2 h (the system's)"
            case .own(let seconds): "\(seconds) s"
            case .unknown: "not measured"
            }
        }
    }

    /// Whether its sessions survive an idle timeout of 240 s at the defaults.
    package enum Survival: String, Sendable {
        case yes
        /// If probes are lost, not always: see ``SocketVerdict/slowProbe``.
        case withoutLoss = "without loss"
        case no
        /// By a heartbeat of the application's own, once it has logged in.
        case afterLogin = "after login"
        /// By its configuration.
        case depends
    }

    /// Unique: `postgresql-libpq`.
    package var identifier: String
    /// For people: `psql, libpq, psycopg2`.
    package var name: String
    package var role: Role
    /// File names of programs; `*` at the end stands for any rest. Empty: any program.
    package var programs: [String]
    /// Ports of the service: remote of a client, local of a server. Empty: any.
    package var ports: [UInt16]
    package var keepAlive: Default
    package var survives: Survival
    /// What to set, and where.
    package var setting: String
    /// Where the facts are from: `measured:` with the version, or a document.
    package var source: String

    /// Whether this row describes a program and a port: the port decides more than a general program such as java.
    ///
    /// - Returns: how well; 0: it does not.
    package func match(program: String, localPort: UInt16, remotePort: UInt16) -> Int {
        let port = role == .client ? remotePort : localPort
        if !ports.isEmpty && !ports.contains(port) { return 0 }
        if !programs.isEmpty && !programs.contains(where: { Self.matches(program, $0) }) { return 0 }
        return (ports.isEmpty ? 0 : 2) + (programs.isEmpty ? 0 : 3)
    }

    private static func matches(_ program: String, _ pattern: String) -> Bool {
        pattern.hasSuffix("*") ? program.hasPrefix(pattern.dropLast()) : program == pattern
    }
}
