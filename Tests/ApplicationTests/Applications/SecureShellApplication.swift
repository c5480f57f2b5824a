import Lab

struct SecureShellApplication: Application {
    let name = "ssh"
    let needs = ["sshd", "ssh", "ssh-keygen"]
    let setting: String? = "`ServerAliveInterval 30` in `ssh_config`, or `ClientAliveInterval 30` in `sshd_config`"

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        // An unprivileged server accepts only its own user, and needs no password database.
        let user = "postgres"
        try await site.prepare(
            owner: user,
            """
            mkdir -p /run/sshd
            ssh-keygen -q -t ed25519 -N '' -f host
            ssh-keygen -q -t ed25519 -N '' -f key
            cp key.pub authorized
            cat >configuration <<END
            Port \(site.port)
            HostKey \(site.directory)/host
            AuthorizedKeysFile \(site.directory)/authorized
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            LogLevel VERBOSE
            END
            chown \(user) host authorized
            """)
        let server = try site.serve(as: user, ["/usr/sbin/sshd", "-D", "-e", "-f", "\(site.directory)/configuration"])
        try await server.waitForText("Server listening on :: port", within: .seconds(20))
        var options = [
            "-i", "\(site.directory)/key", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "BatchMode=yes", "-p", String(site.target.port),
        ]
        if withSetting {
            options += ["-o", "ServerAliveInterval=\(Site.thirtySeconds)", "-o", "ServerAliveCountMax=3"]
        }
        let client = try site.connect(["ssh", "-F", "none"] + options + ["\(user)@\(site.target.address)", "sh"])
        let pair = Pair(
            client: client, server: server, use: { client.write("echo answer-\($0)-$$\n") },
            answer: { Pair.identity(in: client.standardOutput, word: $0) })
        try await pair.ask("hello", within: .seconds(30))
        return pair
    }
}
