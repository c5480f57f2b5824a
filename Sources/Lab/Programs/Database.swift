/// A real PostgreSQL server on a host of the lab, with its own cluster, and psql sessions to it.
package struct Database: Sendable {
    /// The user that the server's package creates.
    static let user = "postgres"

    package let lab: Lab
    package let zone: LabZone
    package let server: ChildProcess
    private let programs: String

    /// Why it can't run on this machine; nil if it can.
    package static var missing: String? {
        if directoryEntries("/usr/lib/postgresql").isEmpty { return "PostgreSQL is not installed here" }
        return Programs.missing(["psql", "script", "setpriv"], user: user)
    }

    package init(lab: Lab, zone: LabZone) async throws {
        self.lab = lab
        self.zone = zone
        let place = LabPlace.zone(zone)
        let found = try await lab.execute(
            in: place, ["sh", "-c", "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1"])
        programs = String(try found.required().output.prefix { $0 != "\n" })
        let folder = "\(lab.directory)/postgresql-\(zone.rawValue)"
        let asUser = "setpriv --reuid=\(Self.user) --regid=\(Self.user) --clear-groups"
        let script = """
            set -e
            mkdir \(folder)
            chown \(Self.user) \(folder)
            cd \(folder)
            \(asUser) \(programs)/initdb -D \(folder) --auth=trust --no-sync --no-locale --encoding=UTF8
            echo 'host all all all trust' >>\(folder)/pg_hba.conf
            """
        try await lab.execute(in: place, ["sh", "-c", script], within: .seconds(90)).required()
        let settings = [
            "-c", "listen_addresses=*", "-c", "unix_socket_directories=\(folder)", "-c", "fsync=off",
            "-c", "log_connections=on", "-c", "log_disconnections=on",
        ]
        let command = asUser.split(separator: " ").map(String.init) + ["\(programs)/postgres", "-D", folder] + settings
        server = try lab.spawn(in: place, command)
        try await server.waitForText("database system is ready to accept connections", within: .seconds(60))
    }

    /// Opens an interactive psql session on a terminal, and returns when a query was answered.
    package func session(
        from place: LabPlace = .client, version: IPVersion = .four, parameters: String = ""
    ) async throws -> ChildProcess {
        let target = "host=\(zone.address(version)) user=\(Self.user) dbname=postgres \(parameters)"
        let client = try lab.spawn(
            in: place, ["script", "-qec", "\(programs)/psql -X '\(target)'", "/dev/null"],
            environment: ["TERM": "dumb", "PAGER": "cat"], takesInput: true)
        try await Self.ask(client, "hello", within: .seconds(30))
        return client
    }

    /// Runs a query, and waits for its answer.
    package static func ask(_ client: ChildProcess, _ word: String, within limit: Duration) async throws {
        send(client, word)
        try await client.waitForText("answer-\(word)", within: limit)
    }

    /// Types a query whose answer differs from its echo.
    package static func send(_ client: ChildProcess, _ word: String) {
        client.write("SELECT 'answer' || '-\(word)';\n")
    }
}
