import Inspection
import Lab
import Testing

/// RST-6 for sessions in which one end has closed its direction.
///
/// An end whose peer has sent its FIN is in CLOSE-WAIT. There Linux reports a reset as EPIPE instead of ECONNRESET,
/// whoever sends it (tcp_reset() in net/ipv4/tcp_input.c).
extension EndTests {
    @Test("RST-6 half-close: both ends see the reset, whichever end has closed", arguments: IPVersion.allCases)
    func halfClose(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let pair = try await EndPair.open(in: lab, version)
            pair.client.perform("shutdown")
            try await pair.server.waitFor("end", within: patience)
            try await pair.waitForSession("closing") { $0.state == "closing" && $0.positions.isSettled }
            // The other direction still works.
            pair.server.perform("send 5000")
            let received = await eventually(within: patience) { pair.client.received == 5100 }
            #expect(received)
            try await pair.reset()
            try await pair.expectResets(server: "EPIPE")

            let other = try await EndPair.open(in: lab, version, port: 8001)
            other.server.perform("shutdown")
            try await other.client.waitFor("end", within: patience)
            try await other.waitForSession("closing") { $0.state == "closing" && $0.positions.isSettled }
            try await other.reset()
            try await other.expectResets(client: "EPIPE")
        }
    }

    @Test("RST-6 half-close, FIN lost behind the firewall: both ends see ECONNRESET", arguments: IPVersion.allCases)
    func lostFin(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let pair = try await EndPair.open(in: lab, version)
            _ = try await Obstacle.put(in: lab, at: .internet, .input, "tcp dport 8000 \(noReset)")
            pair.client.perform("shutdown")
            try await pair.waitForSession("closing") { $0.state == "closing" && !$0.positions.isSettled }
            try await pair.reset()
            try await pair.expectResets()
            #expect(pair.server.events("end").isEmpty)
        }
    }

    @Test(
        "RST-6 SESS-2 half-close, idle: both ends see the reset after the closing timeout",
        arguments: IPVersion.allCases)
    func closingTimeout(version: IPVersion) async throws {
        // 120 s become 2 s. The idle timeout of 4 s comes later.
        try await withGateway(timeScale: 60) { lab, _ in
            let pair = try await EndPair.open(in: lab, version)
            pair.client.perform("shutdown")
            try await pair.server.waitFor("end", within: patience)
            try await pair.expectResets(server: "EPIPE", within: .seconds(2) + .seconds(1) + soon)
            let end = try #require(pair.server.events("end").first?.at)
            let error = try #require(pair.client.events("error").first?.at)
            #expect(error - end > 1.9)
        }
    }
}
