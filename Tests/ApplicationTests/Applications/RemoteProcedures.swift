import Lab

/// gRPC over HTTP/2, with one call that stays open, as a subscription does. Its keep-alive is HTTP/2's PING.
struct RemoteProcedures: Application {
    /// Whether the server permits PINGs as frequent as the client's. By default it permits one in 5 minutes, and ends
    /// the connection otherwise.
    let permitsPings: Bool

    var name: String { permitsPings ? "gRPC" : "gRPC, keep-alive at the client only" }
    let needs = ["/usr/lib/python3/dist-packages/grpc/__init__.py"]
    var cases: [Case] { permitsPings ? Case.allCases : [.idleWithSetting] }
    var setting: String? {
        permitsPings
            ? "client: `grpc.keepalive_time_ms=30000`, `grpc.keepalive_permit_without_calls=1`; **and** server: "
                + "`grpc.http2.min_ping_interval_without_data_ms=20000`, `grpc.keepalive_permit_without_calls=1`"
            : "none: this is the mistake"
    }

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        try await site.prepare()
        let interval = String(Site.thirtySeconds * 1000)
        let server = try site.serve(
            site.python("grpc_server.py", String(site.port), withSetting && permitsPings ? interval : "0"))
        try await server.waitForText("ready", within: .seconds(30))
        let client = try site.connect(
            site.python(
                "grpc_client.py", "\(site.target.address):\(site.target.port)", withSetting ? interval : "0"))
        let pair = Pair(
            client: client, server: server, use: { client.write("\($0)\n") },
            answer: { Pair.identity(in: client.standardOutput, word: $0) })
        try await pair.ask("hello", within: .seconds(30))
        try await client.waitForText("call is open", within: .seconds(20))
        return pair
    }
}
