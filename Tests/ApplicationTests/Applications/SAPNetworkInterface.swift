import Lab

/// SAP's network interface protocol, as SAP GUI and RFC use it: a client and a server of our own, written from its
/// public description (`Scripts/ni.py`). They are not SAP's programs: their messages are those of the sockets.
struct SAPNetworkInterface: Application {
    let name = "SAP NI"
    let needs = ["/usr/bin/python3"]
    let setting: String? = "`rdisp/keepalive = 30` (SAP GUI), `gw/keepalive = 30` (RFC)"

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        try await site.prepare()
        // rdisp/keepalive is 1200 s by default, and a ping is answered within 60 s.
        let interval = withSetting ? Site.thirtySeconds : 1200 / Site.timeScale
        let server = try site.serve(
            site.python("ni.py", "server", String(site.port), String(interval), String(60 / Site.timeScale)))
        try await server.waitForText("ready", within: .seconds(20))
        let client = try site.connect(
            site.python("ni.py", "client", site.target.address, String(site.target.port)))
        let pair = Pair(
            client: client, server: server, use: { client.write("\($0)\n") },
            answer: { Pair.identity(in: client.standardOutput, word: $0) })
        try await pair.ask("hello", within: .seconds(20))
        return pair
    }
}
