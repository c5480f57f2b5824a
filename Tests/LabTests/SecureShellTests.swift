import Glibc
import Lab
import Testing

extension LabTests {
    @Test(
        "IDLE-2 IDLE-4 OpenSSH, north-south: an idle session is reset at both ends, a session with ServerAliveInterval stays"
    )
    func secureShellNorthSouth() async throws {
        try await withGateway(timeScale: idleScale) { lab, _ in
            let shell = try await SecureShell(lab: lab, zone: .internet)
            // 30 s on the scaled clock are less than a second; OpenSSH counts in seconds.
            let alive = try await shell.logIn(options: ["-o", "ServerAliveInterval=1"])
            let alive6 = try await shell.logIn(version: .six, options: ["-o", "ServerAliveInterval=1"])
            let idle = try await shell.logIn()
            let idleSince = ContinuousClock.now
            let idle6 = try await shell.logIn(version: .six)

            for client in [idle, idle6] {
                #expect(await client.waitForExit(within: northSouthIdle + patience) == .code(255))
                // ssh reads the reset, then sends a disconnect on the closed socket. It reports only the second error.
                #expect(client.allOutput.contains(goodbye), "\(client.allOutput)")
            }
            #expect(ContinuousClock.now - idleSince >= northSouthIdle)
            let reachesServer = await eventually(within: .seconds(3)) {
                shell.server.allOutput.components(separatedBy: "Connection reset by peer").count == 3
            }
            #expect(reachesServer, "the server's end: \(shell.server.allOutput)")
            transcript("ssh north-south client", idle.allOutput)
            transcript("ssh north-south server", shell.server.allOutput)

            try await pass(northSouthIdle)
            for client in [alive, alive6] {
                #expect(client.isRunning)
                try await SecureShell.ask(client, "later", within: .seconds(5))
            }
        }
    }

    @Test("IDLE-3 OpenSSH, east-west: an idle session expires without a RST, a session with ServerAliveInterval stays")
    func secureShellEastWest() async throws {
        try await withGateway(timeScale: idleScale) { lab, _ in
            let shell = try await SecureShell(lab: lab, zone: .peer)
            try await shortenRetransmission(lab)
            let alive = try await shell.logIn(options: ["-o", "ServerAliveInterval=1"])
            let idle = try await shell.logIn()
            // Its keep-alives are too rare: the session expires, but ssh detects it.
            let rare = try await shell.logIn(options: ["-o", "ServerAliveInterval=9", "-o", "ServerAliveCountMax=1"])
            let atClient = try await lab.capture(in: .client, filter: resets)
            let atPeer = try await lab.capture(in: .peer, filter: resets)

            try await pass(eastWestIdle + .milliseconds(1_500))
            let before = idle.allOutput
            SecureShell.send(idle, "lost")
            try await pass(.seconds(2))
            #expect(idle.isRunning)
            #expect(idle.allOutput == before)
            #expect(await atClient.stop() == [])
            #expect(await atPeer.stop() == [])

            // Finally the client's own TCP gives up, or ssh gives up before.
            #expect(await rare.waitForExit(within: .seconds(30)) == .code(255))
            #expect(rare.allOutput.contains("Timeout, server \(LabZone.peer.address) not responding."))
            #expect(await idle.waitForExit(within: .seconds(60)) == .code(255))
            #expect(idle.allOutput.contains(goodbye), "\(idle.allOutput)")
            transcript("ssh east-west client", idle.allOutput)
            transcript("ssh east-west client with a rare ServerAliveInterval", rare.allOutput)
            #expect(!shell.server.allOutput.contains("reset by peer"))
            try await SecureShell.ask(alive, "later", within: .seconds(5))
        }
    }
}

/// What ssh prints when its connection is gone.
private let goodbye = "client_loop: send disconnect: Broken pipe"

/// Lets the client's TCP give up after about 13 seconds instead of a quarter of an hour.
func shortenRetransmission(_ lab: Lab) async throws {
    try await lab.execute(in: .client, ["sh", "-c", "echo 5 >/proc/sys/net/ipv4/tcp_retries2"]).required()
}
