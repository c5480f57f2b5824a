import Lab

/// Where the two ends of an application run.
struct Site: Sendable {
    let lab: Lab
    let clientPlace: LabPlace
    let serverZone: LabZone
    /// The server's port, unique in the lab.
    let port: Int
    /// Where the client connects: the server, or a relay before it.
    let target: Target

    struct Target: Hashable, Sendable {
        let address: String
        let port: Int
    }

    /// The durations of all settings are divided by this number, like those of the firewall.
    static let timeScale = 10

    /// A setting of 30 s on the labs' clock, in seconds.
    static let thirtySeconds = 30 / timeScale

    var serverPlace: LabPlace { .zone(serverZone) }
    /// A directory of this site's own. It is removed with the lab.
    var directory: String { "\(lab.directory)/site-\(port)" }

    /// Creates ``directory``, which belongs to `user`, and runs a shell script in it.
    func prepare(owner user: String = "root", _ script: String = "") async throws {
        let all = "set -e; mkdir \(directory); chown \(user) \(directory); cd \(directory)\n\(script)"
        try await lab.execute(in: serverPlace, ["sh", "-c", all], within: .seconds(90)).required()
    }

    /// Starts a server.
    func serve(as user: String? = nil, _ command: [String]) throws -> ChildProcess {
        let asUser = user.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups"] } ?? []
        return try lab.spawn(in: serverPlace, asUser + command)
    }

    /// Starts a client that reads lines from its standard input.
    func connect(_ command: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        try lab.spawn(in: clientPlace, command, environment: environment, takesInput: true)
    }

    /// Starts a client on a terminal, as people use it.
    func connectOnTerminal(_ command: String) throws -> ChildProcess {
        try connect(
            ["script", "-qec", command, "/dev/null"], environment: ["TERM": "dumb", "PAGER": "cat", "HOME": directory])
    }

    /// A program of `Scripts/`, in Debian's Python.
    func python(_ script: String, _ arguments: String...) -> [String] {
        let file = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return ["/usr/bin/python3", "-u", "/\(file)/Scripts/\(script)"] + arguments
    }
}
