import Lab

/// A tunnel between two hosts, over TCP or UDP. It is used by echo requests.
struct OpenVPN: Application {
    enum Transport: String, Sendable {
        case tcp
        case udp
    }

    let transport: Transport
    var name: String { "openvpn, \(transport == .tcp ? "TCP" : "UDP")" }
    let needs = ["openvpn", "openssl", "ping"]
    var isTCP: Bool { transport == .tcp }
    let setting: String? = "`keepalive 10 60`"

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        try await site.prepare(
            """
            for end in server client; do
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=$end \
                    -keyout $end.key -out $end.crt
                openssl x509 -in $end.crt -noout -fingerprint -sha256 | cut -d= -f2 | tr -d '\\n' >$end.fingerprint
            done
            """)
        let network = "10.200.\(site.port % 250)."
        let options = { (own: String, peer: String) async throws -> [String] in
            let fingerprint = try await site.lab.execute(
                in: site.serverPlace, ["cat", "\(site.directory)/\(peer).fingerprint"]
            ).required().output
            return [
                "openvpn", "--dev-type", "tun", "--dev", "\(own.prefix(1))\(site.port)", "--verb", "3", "--cert",
                "\(site.directory)/\(own).crt", "--key", "\(site.directory)/\(own).key", "--peer-fingerprint",
                fingerprint, "--cd", site.directory,
            ]
        }
        let suffix = { (end: String) in isTCP ? "tcp-\(end)" : "udp" }
        var serverOptions = [
            "--server", network + "0", "255.255.255.0", "--topology", "subnet", "--dh", "none", "--proto",
            suffix("server"), "--port", String(site.port),
        ]
        if withSetting {
            // The server hands it on to its clients.
            serverOptions += ["--keepalive", String(10 / Site.timeScale), String(60 / Site.timeScale)]
        }
        let server = try site.serve(try await options("server", "client") + serverOptions)
        try await server.waitForText("Initialization Sequence Completed", within: .seconds(20))
        let client = try site.connect(
            try await options("client", "server") + [
                "--client", "--nobind", "--proto", suffix("client"), "--remote", site.target.address,
                String(site.target.port),
            ])
        try await client.waitForText("Initialization Sequence Completed", within: .seconds(30))
        // Over UDP the client's packets would only begin another session. What the server sends shows whether there is
        // one.
        let pings = Pings(
            lab: site.lab, place: isTCP ? site.clientPlace : site.serverPlace, address: network + (isTCP ? "1" : "2"))
        let pair = Pair(
            client: client, server: server, use: { try pings.send($0) }, answer: { pings.isAnswered($0) ? "" : nil })
        try await pair.ask("hello", within: .seconds(10))
        return pair
    }
}
