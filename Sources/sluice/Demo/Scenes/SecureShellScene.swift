import Glibc
import Lab

/// An idle OpenSSH session through the firewall. Without ServerAliveInterval it is reset, with it the session lives on.
struct SecureShellScene: DemoScene {
    let keepsAlive: Bool
    let port: Int

    var title: String { "idle ssh session \(keepsAlive ? "with" : "without") ServerAliveInterval" }
    var rules: [String] { [keepsAlive ? "IDLE-4" : "IDLE-2"] }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict] {
        guard let programs = Self.programs() else {
            return skipped(because: "OpenSSH is not installed here: apt-get install openssh-server openssh-client")
        }
        let server = try await startServer(programs, on: stage)
        let wait = stage.northSouthSeconds * 2
        let client = try stage.lab.spawn(
            in: .client,
            [
                programs.client, "-F", "none", "-p", "\(port)", "-i", key("client", stage.lab), "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "TCPKeepAlive=no",
                "-o", "ServerAliveInterval=\(keepsAlive ? 1 : 0)", "root@\(LabZone.internet.address)",
                "echo logged in; sleep \(wait); echo still here",
            ])
        do {
            try await client.waitForText("logged in", within: .seconds(15))
        } catch {
            await server.terminate()
            // The server refuses the login, so the firewall has allowed the session.
            guard client.standardError.contains("Permission denied") else { throw error }
            return skipped(because: "this machine's sshd does not let root log in: unlock root, or run it elsewhere")
        }
        await stage.say(self, "logged in; now idle for \(HumanText.setting(seconds: wait))")
        let began = ContinuousClock.now
        let exit = await client.waitForExit(within: .seconds(wait + 10))
        let seconds = (ContinuousClock.now - began).inSeconds
        let words = exit == .code(0) ? client.standardOutput : client.standardError
        let lastLine = words.split(whereSeparator: \.isNewline).last.map(String.init) ?? "nothing"
        await client.terminate()
        await server.terminate()
        await stage.say(self, "ssh said: \(lastLine)")
        let ended =
            exit.map { "\($0) after \(HumanText.decimal(seconds, places: 1, keepsZeros: true)) s" } ?? "did not end"
        // ssh ends while it waits for the server, before the remote command would have ended.
        let isReset = exit == .code(255) && seconds < wait
        return [
            keepsAlive
                ? DemoVerdict(
                    rule: "IDLE-4", shown: "\(title): lives on", seen: "ssh: '\(lastLine)', \(ended)",
                    holds: exit == .code(0) && lastLine == "still here")
                : DemoVerdict(
                    rule: "IDLE-2", shown: "\(title): is reset", seen: "ssh: '\(lastLine)', \(ended)",
                    holds: isReset)
        ]
    }

    private struct Programs {
        let server: String
        let client: String
        let keys: String
    }

    /// The programs, if all of them are installed.
    private static func programs() -> Programs? {
        guard let server = Executable.find("sshd"), let client = Executable.find("ssh"),
            let keys = Executable.find("ssh-keygen")
        else { return nil }
        return Programs(server: server, client: client, keys: keys)
    }

    /// Starts a server that accepts only the key created for it, and ignores the machine's own settings.
    private func startServer(_ programs: Programs, on stage: DemoStage) async throws -> ChildProcess {
        for name in ["host", "client"] {
            let command = [programs.keys, "-q", "-t", "ed25519", "-N", "", "-f", key(name, stage.lab)]
            try await stage.lab.execute(in: .internet, command).required()
        }
        // sshd needs this directory, which a service manager normally creates.
        mkdir("/run/sshd", 0o755)
        let settings = try stage.lab.write(
            """
            Port \(port)
            HostKey \(key("host", stage.lab))
            AuthorizedKeysFile \(key("client", stage.lab)).pub
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PermitRootLogin prohibit-password
            TCPKeepAlive no

            """, to: "sshd-\(port).conf")
        let server = try stage.lab.spawn(in: .internet, [programs.server, "-D", "-e", "-f", settings])
        try await server.waitForText("Server listening", within: .seconds(10))
        return server
    }

    private func key(_ name: String, _ lab: Lab) -> String { "\(lab.directory)/ssh-\(port)-\(name)" }
}
