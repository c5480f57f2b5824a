import Lab
import Synchronization

/// Sessions of real programs through the gateway: ssh north-south, psql east-west, over IPv4 and IPv6. A program that is not
/// installed is left out.
final class ProgramSessions: Sendable {
    private struct Session: Sendable {
        let name: String
        let isShell: Bool
        let client: ChildProcess
    }

    /// Programs that are left out, and why.
    let missing: [(name: String, why: String)]
    private let shell: SecureShell?
    private let database: Database?
    private let sessions = Mutex<[Session]>([])

    private init(shell: SecureShell?, database: Database?, missing: [(name: String, why: String)]) {
        self.shell = shell
        self.database = database
        self.missing = missing
    }

    /// Starts the servers.
    static func start(in lab: Lab) async throws -> ProgramSessions {
        var missing: [(name: String, why: String)] = []
        if let why = SecureShell.missing { missing.append(("ssh", why)) }
        if let why = Database.missing { missing.append(("psql", why)) }
        async let shell = SecureShell.missing == nil ? SecureShell(lab: lab, zone: .internet) : nil
        async let database = Database.missing == nil ? Database(lab: lab, zone: .peer) : nil
        return ProgramSessions(shell: try await shell, database: try await database, missing: missing)
    }

    /// Logs in, once for each program and IP version.
    func open() async throws {
        let opened = try await withThrowingTaskGroup(of: Session?.self, returning: [Session].self) { group in
            for version in IPVersion.allCases {
                group.addTask { try await self.logIn(version) }
                group.addTask { try await self.query(version) }
            }
            return try await group.reduce(into: []) { opened, session in
                if let session { opened.append(session) }
            }
        }
        sessions.withLock { $0 = opened.sorted { $0.name < $1.name } }
    }

    /// With keep-alives in the session, as recommended.
    private func logIn(_ version: IPVersion) async throws -> Session? {
        guard let shell else { return nil }
        let client = try await shell.logIn(version: version, options: ["-o", "ServerAliveInterval=2"])
        return Session(name: "ssh over \(version)", isShell: true, client: client)
    }

    private func query(_ version: IPVersion) async throws -> Session? {
        guard let database else { return nil }
        let client = try await database.session(
            version: version, parameters: "keepalives_idle=2 keepalives_interval=1")
        return Session(name: "psql over \(version)", isShell: false, client: client)
    }

    var count: Int { sessions.withLock { $0.count } }

    /// Sends each session a new question, and returns the names of those that don't answer.
    func silent(word: String) async -> [String] {
        var silent: [String] = []
        for session in sessions.withLock({ $0 }) {
            do {
                if session.isShell {
                    try await SecureShell.ask(session.client, word, within: .seconds(5))
                } else {
                    try await Database.ask(session.client, word, within: .seconds(5))
                }
            } catch {
                silent.append(session.name)
            }
        }
        return silent
    }

    /// Verdicts on sessions that must have been reset. ssh ends by itself, immediately and not after its keep-alives time
    /// out. psql reports the reset at its next query.
    func verdictsOfLoss(rule: String, shown: String) async -> [DemoVerdict] {
        var verdicts = missing.map {
            DemoVerdict(rule: rule, shown: "\(shown), \($0.name)", seen: $0.why, verdict: .skip)
        }
        for session in sessions.withLock({ $0 }) {
            let needle =
                session.isShell ? "client_loop: send disconnect" : "server closed the connection unexpectedly"
            if !session.isShell { Database.send(session.client, "lost") }
            let isReported = (try? await session.client.waitForText(needle, within: .seconds(5))) != nil
            let lines = session.client.allOutput.split(whereSeparator: \.isNewline)
            let words = (lines.last { $0.contains(needle) } ?? lines.last).map { String($0).trimmed } ?? "nothing"
            verdicts.append(
                DemoVerdict(rule: rule, shown: "\(shown), \(session.name)", seen: "'\(words)'", holds: isReported))
            await session.client.terminate(patience: .milliseconds(200))
        }
        sessions.withLock { $0 = [] }
        return verdicts
    }
}

extension String {
    /// Without leading and trailing white space.
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
