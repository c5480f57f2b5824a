import Lab

struct PostgreSQL: Application {
    let name = "psql"
    let needs = ["/usr/lib/postgresql/*/bin/initdb", "psql", "script"]
    let setting: String? =
        "`keepalives_idle=30 keepalives_interval=10 keepalives_count=3` in the connection string, or "
        + "`tcp_keepalives_idle = 30` at the server"

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        let user = "postgres"
        try await site.prepare(
            owner: user,
            """
            programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
            ln -s "$programs" programs
            setpriv --reuid=\(user) --regid=\(user) --clear-groups "$programs/initdb" -D \(site.directory)/data \
                --auth=trust --no-sync --no-locale --encoding=UTF8
            echo 'host all all all trust' >>data/pg_hba.conf
            """)
        let settings = ["listen_addresses=*", "unix_socket_directories=\(site.directory)", "fsync=off", "jit=off"]
        let server = try site.serve(
            as: user,
            ["\(site.directory)/programs/postgres", "-D", "\(site.directory)/data", "-p", String(site.port)]
                + settings.flatMap { ["-c", $0] })
        try await server.waitForText("database system is ready to accept connections", within: .seconds(60))
        var parameters = "host=\(site.target.address) port=\(site.target.port) user=\(user) dbname=postgres"
        if withSetting {
            parameters += " keepalives_idle=\(Site.thirtySeconds) keepalives_interval=1 keepalives_count=3"
        }
        let client = try site.connectOnTerminal("\(site.directory)/programs/psql -X -A -t '\(parameters)'")
        let pair = Pair(
            client: client, server: server,
            use: { client.write("SELECT 'answer' || '-\($0)-' || pg_backend_pid();\n") },
            answer: { Pair.identity(in: client.standardOutput, word: $0) })
        try await pair.ask("hello", within: .seconds(30))
        return pair
    }
}
