import Lab

/// MQTT: a subscriber, which sends a PINGREQ after 60 s without another packet by default.
struct Mosquitto: Application {
    let name = "mosquitto_sub"
    let needs = ["mosquitto", "mosquitto_sub", "mosquitto_pub"]
    let setting: String? = nil

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        try await site.prepare(
            """
            cat >configuration <<END
            listener \(site.port) 0.0.0.0
            allow_anonymous true
            log_dest stderr
            log_type all
            END
            """)
        let server = try site.serve(["mosquitto", "-c", "\(site.directory)/configuration"])
        try await server.waitForText("running", within: .seconds(20))
        let client = try site.connect([
            "stdbuf", "-oL", "mosquitto_sub", "-h", site.target.address, "-p", String(site.target.port), "-t", "topic",
            "-i", "subscriber", "-k", String(60 / Site.timeScale),
        ])
        try await server.waitForText("Sending SUBACK to subscriber", within: .seconds(20))
        let pair = Pair(
            client: client, server: server,
            // The broker's end is used: it has a message for the subscriber.
            use: { word in
                _ = try site.lab.spawn(
                    in: site.serverPlace,
                    [
                        "mosquitto_pub", "-h", "127.0.0.1", "-p", String(site.port), "-t", "topic", "-m",
                        "answer-\(word)",
                    ])
            },
            answer: { word in
                guard client.standardOutput.contains("answer-\(word)\n") else { return nil }
                // The subscriber's last port.
                let said = server.allOutput.split(separator: "\n")
                return said.last { $0.contains(" as subscriber ") }.map { String($0.drop { $0 != "N" }) } ?? ""
            })
        try await pair.ask("hello", within: .seconds(20))
        return pair
    }
}
