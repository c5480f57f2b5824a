import FlowCore
import Gateway
import Inspection
import Lab
import Testing

/// The two ends of one TCP session through the gateway, the first of their processes.
struct EndPair: Sendable {
    let lab: Lab
    let client: Endpoint
    let server: Endpoint
    /// The client's own port.
    let port: Int
    /// The server's port.
    var serverPort = 8000

    /// Whether a session is this one. The client's port alone is not enough: forged SYNs use all ports.
    func isOwn(_ session: SessionView) -> Bool {
        [LabZone.client.address, LabZone.client.address6].contains(session.source.address)
            && session.source.port == port
            && session.destination.port == serverPort
    }

    /// Opens a session from the client's zone, and sends bytes in both directions. Afterwards both ends have
    /// acknowledged data.
    static func open(
        in lab: Lab, to zone: LabZone = .internet, _ version: IPVersion, port: Int = 8000, client: [String] = [],
        server: [String] = []
    ) async throws -> EndPair {
        let listener = try lab.endpoint(in: .zone(zone), ["listen", String(port)] + server)
        try await listener.waitFor("listening", within: patience)
        let connector = try lab.endpoint(in: .client, ["connect", zone.address(version), String(port)] + client)
        let own = try await connector.waitFor("connected", within: patience).first?.localPort
        try await listener.waitFor("accepted", within: patience)
        let pair = EndPair(lab: lab, client: connector, server: listener, port: try #require(own), serverPort: port)
        connector.perform("send 100")
        listener.perform("send 100")
        try await connector.waitToReceive(100)
        if !server.contains("--no-read") { try await listener.waitToReceive(100) }
        // Acknowledgments may be delayed.
        try await pair.waitForPositions("all acknowledged") { $0.isSettled }
        return pair
    }

    /// The session as an operator sees it, read from the pinned maps. nil after its end.
    func session() throws -> SessionView? {
        try GatewayInspector(gateway: lab.name).sessions().first(where: isOwn)
    }

    /// Waits until the session's positions satisfy `condition`.
    @discardableResult
    func waitForPositions(
        _ what: String, _ condition: (SessionView.Positions) -> Bool
    ) async throws -> SessionView.Positions {
        try await waitForSession(what) { condition($0.positions) }.positions
    }

    @discardableResult
    func waitForSession(_ what: String, _ condition: (SessionView) -> Bool) async throws -> SessionView {
        var last: SessionView?
        let inspector = try GatewayInspector(gateway: lab.name)
        let holds = await eventually(within: patience) {
            last = inspector.sessions().first(where: isOwn)
            return last.map(condition) ?? false
        }
        let session = try #require(last, "\(what): there is no session")
        try #require(holds, "\(what): \(session)")
        return session
    }

    /// Resets the session as an operator does.
    func reset() async throws {
        let session = try #require(try session())
        try #require(try resetSessions(of: lab, [session]) == 1)
    }

    /// Checks that both ends see a reset at once: ECONNRESET, and nothing else.
    func expectResets(
        client: String = "ECONNRESET", server: String = "ECONNRESET", within limit: Duration = soon,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        _ = await eventually(within: limit) { !self.client.errors.isEmpty && !self.server.errors.isEmpty }
        #expect(self.client.errors == [client], "the client's end", sourceLocation: sourceLocation)
        #expect(self.server.errors == [server], "the server's end", sourceLocation: sourceLocation)
        let positions = try session()?.positions
        if !self.client.errors.contains(client) || !self.server.errors.contains(server) {
            Issue.record("positions: \(String(describing: positions))", sourceLocation: sourceLocation)
        }
    }

    /// Checks that both ends accepted the firewall's first RSTs. An end that did not accept its RST sends a segment
    /// sooner or later, and the tombstone answers that segment. For a lab with one session.
    func expectNoAnswers(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let answers = try GatewayInspector(gateway: lab.name).drops()["tombstone"]
        #expect(answers == 0, "segments reached the tombstone", sourceLocation: sourceLocation)
    }

    /// Checks that bytes still cross in both directions, unchanged.
    func expectAlive(sourceLocation: SourceLocation = #_sourceLocation) async {
        let (before, beforeServer) = (client.received, server.received)
        client.perform("send 1000")
        server.perform("send 1000")
        let crossed = await eventually(within: patience) {
            client.received == before + 1000 && server.received == beforeServer + 1000
        }
        #expect(crossed, "bytes cross", sourceLocation: sourceLocation)
        #expect(client.errors == [] && server.errors == [], sourceLocation: sourceLocation)
        #expect(
            client.events("corrupt").isEmpty && server.events("corrupt").isEmpty, "bytes are as sent",
            sourceLocation: sourceLocation)
    }

    /// Ends the processes of both ends.
    func close() async {
        await client.process.terminate()
        await server.process.terminate()
    }
}

/// Resets sessions through the gateway's control socket, as `sluice session reset` does. Returns how many.
func resetSessions(of lab: Lab, _ sessions: [SessionView]) throws -> Int {
    let references = sessions.compactMap { session in
        SessionIdentifier(session.id).map { SessionReference(slot: $0.slot, generation: $0.generation) }
    }
    return try GatewayClient(gateway: lab.name).reset(references)
}

extension Endpoint {
    /// Bytes that its first connection has received.
    var received: Int { events("data").compactMap(\.total).max() ?? 0 }

    /// Waits until its first connection has received so many bytes. Asks for the count, because an endpoint with
    /// `--quiet` does not report it.
    func waitToReceive(_ bytes: Int, within limit: Duration = patience) async throws {
        var total = 0
        let isThere = await eventually(within: limit, every: .milliseconds(50)) {
            perform("info")
            total = max(received, events("info").compactMap(\.total).max() ?? 0)
            return total >= bytes
        }
        try #require(isThere, "received \(total) bytes of \(bytes): \(process.allOutput.suffix(500))")
    }
}

extension SessionView.Positions {
    /// Both ends have acknowledged all that was forwarded to them.
    var isSettled: Bool {
        originator.acknowledged == responder.sequenceEnd && responder.acknowledged == originator.sequenceEnd
    }
}
