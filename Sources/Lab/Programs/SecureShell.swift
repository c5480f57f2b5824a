/// A real OpenSSH server on a host of the lab, with its own keys, and clients that log in to it.
///
/// It runs as the user postgres, which Debian's package creates: an unprivileged server accepts only its own user, and
/// needs neither a password database nor a privileged port.
package struct SecureShell: Sendable {
    package static let port = 8022
    private static let user = Database.user

    package let lab: Lab
    package let zone: LabZone
    package let server: ChildProcess
    private let keyPath: String

    /// Why it can't run on this machine; nil if it can.
    package static var missing: String? {
        Programs.missing(["sshd", "ssh", "ssh-keygen", "setpriv"], user: user)
    }

    package init(lab: Lab, zone: LabZone) async throws {
        self.lab = lab
        self.zone = zone
        let folder = "\(lab.directory)/ssh-\(zone.rawValue)"
        keyPath = "\(lab.directory)/key-\(zone.rawValue)"
        let place = LabPlace.zone(zone)
        let script = """
            set -e
            mkdir -p \(folder) /run/sshd
            ssh-keygen -q -t ed25519 -N '' -f \(folder)/host
            ssh-keygen -q -t ed25519 -N '' -f \(keyPath)
            cp \(keyPath).pub \(folder)/authorized
            cat >\(folder)/configuration <<END
            Port \(Self.port)
            HostKey \(folder)/host
            AuthorizedKeysFile \(folder)/authorized
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            LogLevel VERBOSE
            END
            chown -R \(Self.user) \(folder)
            """
        try await lab.execute(in: place, ["sh", "-c", script]).required()
        let asUser = ["setpriv", "--reuid=\(Self.user)", "--regid=\(Self.user)", "--clear-groups"]
        server = try lab.spawn(
            in: place,
            asUser + [Programs.path(of: "sshd") ?? "/usr/sbin/sshd", "-D", "-e", "-f", "\(folder)/configuration"])
        try await server.waitForText("Server listening on :: port", within: .seconds(15))
    }

    /// Logs in from `place`, and returns when the remote shell answers.
    package func logIn(
        from place: LabPlace = .client, version: IPVersion = .four, options: [String] = []
    ) async throws -> ChildProcess {
        let common = [
            "ssh", "-F", "none", "-i", keyPath, "-o", "StrictHostKeyChecking=no", "-o",
            "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-p", String(Self.port),
        ]
        let command = common + options + ["\(Self.user)@\(zone.address(version))", "sh"]
        let client = try lab.spawn(in: place, command, takesInput: true)
        try await Self.ask(client, "hello", within: .seconds(20))
        return client
    }

    /// Makes the remote shell print something, and waits for it.
    package static func ask(_ client: ChildProcess, _ word: String, within limit: Duration) async throws {
        send(client, word)
        try await client.waitForText("answer-\(word)", within: limit)
    }

    /// Types a command for the remote shell.
    package static func send(_ client: ChildProcess, _ word: String) {
        client.write("echo answer-\(word)\n")
    }
}
