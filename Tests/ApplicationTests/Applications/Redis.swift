import Lab

/// Redis, and two of its clients.
enum Redis {
    static func serve(at site: Site) async throws -> ChildProcess {
        try await site.prepare()
        let server = try site.serve([
            "redis-server", "--port", String(site.port), "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "",
            "--loglevel", "verbose", "--dir", site.directory,
                // Its own keep-alives begin after 300 s, when both timeouts have passed.
        ])
        try await server.waitForText("Ready to accept connections", within: .seconds(20))
        return server
    }
}

/// `redis-cli` sends keep-alives after 15 s by default. That can't be set, and is in time even on the labs' clock.
struct RedisCommandLine: Application {
    let name = "redis-cli"
    let needs = ["redis-server", "redis-cli", "script"]
    let setting: String? = nil

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        let server = try await Redis.serve(at: site)
        let client = try site.connectOnTerminal("redis-cli -h \(site.target.address) -p \(site.target.port)")
        let pair = Pair(
            client: client, server: server, use: { client.write("echo answer-\($0)\n") },
            // In quotes, unlike the echo of what was typed.
            answer: { client.standardOutput.contains("\"answer-\($0)\"") ? "" : nil })
        try await pair.ask("hello", within: .seconds(20))
        return pair
    }
}

struct RedisPython: Application {
    let name = "redis-py"
    let needs = ["redis-server", "/usr/lib/python3/dist-packages/redis/__init__.py"]
    let setting: String? =
        "`socket_keepalive=True, socket_keepalive_options={TCP_KEEPIDLE: 30, TCP_KEEPINTVL: 10, TCP_KEEPCNT: 3}`"

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        let server = try await Redis.serve(at: site)
        let client = try site.connect(
            site.python(
                "redis_client.py", site.target.address, String(site.target.port),
                withSetting ? String(Site.thirtySeconds) : "0"))
        let pair = Pair(
            client: client, server: server, use: { client.write("\($0)\n") },
            answer: { Pair.identity(in: client.standardOutput, word: $0) })
        try await pair.ask("hello", within: .seconds(20))
        return pair
    }
}
