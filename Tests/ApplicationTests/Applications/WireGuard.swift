import Lab

/// WireGuard's timing, by its implementation in user space: the kernel's module is not necessary.
struct WireGuard: Application {
    let name = "WireGuard"
    let needs = ["wireguard-go", "wg", "ping", "unshare"]
    let isTCP = false
    let setting: String? = "`PersistentKeepalive = 25` at the end inside"

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        try await site.prepare(
            """
            umask 077
            for end in server client; do
                wg genkey >$end.key
                wg pubkey <$end.key >$end.pub
            done
            """)
        let network = "10.201.\(site.port % 250)."
        let keepAlive = withSetting ? "persistent-keepalive \(25 / Site.timeScale)" : ""
        let start = { (own: String, peer: String, address: String, far: String, peerOptions: String, options: String) in
            let device = "\(own.prefix(1))\(site.port)"
            // Its socket is in a directory below /run: each has a /run of its own, which ends with it.
            return [
                "unshare", "--mount", "sh", "-c",
                """
                mount -t tmpfs tmpfs /run && cd \(site.directory) || exit 1
                LOG_LEVEL=verbose WG_PROCESS_FOREGROUND=1 wireguard-go -f \(device) &
                trap "kill $!" TERM
                until [ -S /run/wireguard/\(device).sock ]; do sleep 0.1; done
                wg set \(device) private-key \(own).key \(options) peer "$(cat \(peer).pub)" allowed-ips \(far)/32 \
                    \(peerOptions)
                ip address add \(address) peer \(far) dev \(device)
                ip link set \(device) up
                echo tunnel is up
                wait
                """,
            ]
        }
        let server = try site.serve(
            start("server", "client", network + "1", network + "2", "", "listen-port \(site.port)"))
        try await server.waitForText("tunnel is up", within: .seconds(20))
        let client = try site.connect(
            start(
                "client", "server", network + "2", network + "1",
                "endpoint \(site.target.address):\(site.target.port) \(keepAlive)", ""))
        try await client.waitForText("tunnel is up", within: .seconds(20))
        let pings = Pings(lab: site.lab, place: site.serverPlace, address: network + "2")
        let pair = Pair(
            client: client, server: server, use: { try pings.send($0) }, answer: { pings.isAnswered($0) ? "" : nil })
        // The client begins: nobody outside can.
        let first = Pings(lab: site.lab, place: site.clientPlace, address: network + "1")
        var tries = 0
        let isUp = try await eventually(within: .seconds(15), every: .seconds(1)) {
            tries += 1
            try first.send("first\(tries)")
            return first.isAnswered("first\(tries - 1)")
        }
        guard isUp else {
            throw LabError.timedOut(
                waitingFor: "the first echo through WireGuard", seconds: 15,
                seen: pair.transcript)
        }
        try await pair.ask("hello", within: .seconds(10))
        return pair
    }
}
