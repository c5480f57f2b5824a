import Lab

/// MariaDB and its command line. Neither has a setting for keep-alives, but both ask the kernel for them: the host's
/// settings decide when they begin.
struct MariaDB: Application {
    let name = "mariadb"
    let needs = ["mariadbd", "mariadb", "script"]
    let isSettingOfHost = true
    let setting: String? =
        "`net.ipv4.tcp_keepalive_time = 30`, `tcp_keepalive_intvl = 10`, `tcp_keepalive_probes = 3` on the client's or the "
        + "server's host, or `sluice socket fix`"

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        let user = "mysql"
        try await site.prepare(owner: user)
        let server = try site.serve(
            as: user,
            [
                "mariadbd", "--no-defaults", "--datadir=\(site.directory)", "--socket=\(site.directory)/socket",
                "--pid-file=\(site.directory)/pid", "--port=\(site.port)", "--bind-address=0.0.0.0",
                "--log-warnings=9", "--skip-name-resolve", "--performance-schema=OFF",
                // Without accounts and tables of its own no installation is necessary.
                "--skip-grant-tables", "--skip-innodb", "--default-storage-engine=Aria",
            ])
        try await server.waitForText("ready for connections", within: .seconds(60))
        let client = try site.connectOnTerminal(
            "mariadb --no-defaults --skip-ssl -h \(site.target.address) -P \(site.target.port) -u root -s")
        let pair = Pair(
            client: client, server: server,
            use: { client.write("SELECT concat('answer', '-\($0)-', connection_id());\n") },
            answer: { Pair.identity(in: client.standardOutput, word: $0) })
        try await pair.ask("hello", within: .seconds(30))
        return pair
    }
}
