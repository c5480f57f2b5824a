import Glibc
import Lab
import Testing

extension LabTests {
    @Test(
        "IDLE-2 IDLE-4 psql, north-south: an idle session is reset at both ends, a session with keepalives_idle stays")
    func databaseNorthSouth() async throws {
        try await withGateway(timeScale: idleScale) { lab, _ in
            let database = try await Database(lab: lab, zone: .internet)
            // 30 s on the scaled clock are less than a second; TCP_KEEPIDLE counts in seconds.
            let keepAlive = "keepalives_idle=1 keepalives_interval=1"
            let alive = try await database.session(parameters: keepAlive)
            let alive6 = try await database.session(version: .six, parameters: keepAlive)
            let idle = try await database.session()
            let idle6 = try await database.session(version: .six)

            // The server waits for the next query, and sees the reset at once. psql reads its socket only at the next
            // query.
            try await database.server.waitForText(
                "could not receive data from client: Connection reset by peer", within: northSouthIdle + patience)
            let areBothEnded = await eventually(within: .seconds(3)) {
                database.server.allOutput.components(separatedBy: "Connection reset by peer").count == 3
            }
            #expect(areBothEnded, "\(database.server.allOutput)")
            for client in [idle, idle6] {
                Database.send(client, "lost")
                try await client.waitForText("server closed the connection unexpectedly", within: .seconds(5))
                // psql logs in again by itself.
                try await client.waitForText(
                    "The connection to the server was lost. Attempting reset: Succeeded.", within: .seconds(10))
                try await Database.ask(client, "again", within: .seconds(10))
            }
            transcript("psql north-south client", idle.allOutput)
            transcript("psql north-south server", database.server.allOutput)

            try await pass(northSouthIdle)
            try await Database.ask(alive, "later", within: .seconds(5))
            try await Database.ask(alive6, "later", within: .seconds(5))
        }
    }

    @Test("IDLE-3 psql, east-west: the next query of an idle session hangs, with keepalives_idle it is answered")
    func databaseEastWest() async throws {
        try await withGateway(timeScale: idleScale) { lab, _ in
            let database = try await Database(lab: lab, zone: .peer)
            try await shortenRetransmission(lab)
            let alive = try await database.session(parameters: "keepalives_idle=1 keepalives_interval=1")
            let idle = try await database.session()
            let atClient = try await lab.capture(in: .client, filter: resets)
            let atPeer = try await lab.capture(in: .peer, filter: resets)

            try await pass(eastWestIdle + .milliseconds(1_500))
            Database.send(idle, "lost")
            try await pass(.seconds(2))
            #expect(idle.isRunning)
            #expect(!idle.allOutput.contains("answer-lost") && !idle.allOutput.contains("connection"))
            #expect(await atClient.stop() == [])
            #expect(await atPeer.stop() == [])
            #expect(!database.server.allOutput.contains("reset by peer"))

            // Finally the client's own TCP gives up.
            try await idle.waitForText(
                "could not receive data from server: Connection timed out", within: .seconds(60))
            transcript("psql east-west client", idle.allOutput)
            try await Database.ask(alive, "later", within: .seconds(5))
        }
    }
}
