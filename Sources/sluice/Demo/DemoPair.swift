import Lab

/// Both ends of a TCP session through the gateway, which has carried some bytes in both directions.
struct DemoPair: Sendable {
    let client: Endpoint
    let server: Endpoint
    let label: String

    static let hello = 100

    /// Opens a session from the client's zone, and sends bytes in both directions.
    ///
    /// - Parameter keepsAlive: whether the client's TCP probes every second while it is idle.
    static func open(
        on stage: DemoStage, to zone: LabZone, port: Int, version: IPVersion, keepsAlive: Bool = false
    ) async throws -> DemoPair {
        let server = try await stage.lab.listener(in: .zone(zone), port: port, "--echo")
        let client =
            keepsAlive
            ? try stage.lab.connector(
                in: .client, to: zone.address(version), port: port, "--keepalive-idle", "1", "--keepalive-interval", "1"
            )
            : try stage.lab.connector(in: .client, to: zone.address(version), port: port)
        try await client.waitFor("connected", within: .seconds(10))
        let pair = DemoPair(client: client, server: server, label: "\(version)")
        guard try await pair.speaks(within: .seconds(10)) else {
            throw LabError.timedOut(
                waitingFor: "an echo from \(zone.rawValue) port \(port)", seconds: Patience.seconds(.seconds(10)),
                seen: client.process.allOutput)
        }
        return pair
    }

    /// Sends some bytes and waits for the echo.
    func speaks(within limit: Duration) async throws -> Bool {
        let before = echoed
        client.perform("send \(DemoPair.hello)")
        return await eventually(within: limit, every: DemoStage.pollInterval) {
            echoed >= before + DemoPair.hello || !client.errors.isEmpty
        }
            && echoed >= before + DemoPair.hello
    }

    /// Bytes that the client has received as an echo.
    var echoed: Int { client.events("data").compactMap(\.total).max() ?? 0 }

    /// Waits until both ends have got an error.
    func waitForErrors(within limit: Duration) async {
        _ = await eventually(within: limit, every: DemoStage.pollInterval) {
            !client.errors.isEmpty && !server.errors.isEmpty
        }
    }

    /// Whether both ends have seen a reset and nothing else.
    var bothReset: Bool { client.errors == ["ECONNRESET"] && server.errors == ["ECONNRESET"] }

    /// The errors of both ends: `client ECONNRESET, server ECONNRESET`.
    var whatEndsMet: String { "client \(Self.met(client)), server \(Self.met(server))" }

    /// Seconds from the client's last byte to an end's error; nil without an error.
    func seconds(until end: Endpoint) -> Double? {
        guard let last = client.events("data").last?.at, let error = end.events("error").first?.at else { return nil }
        return error - last
    }

    func close() async {
        await client.process.terminate()
        await server.process.terminate()
    }

    private static func met(_ end: Endpoint) -> String {
        if let error = end.errors.first { return error }
        return end.events("end").isEmpty ? "nothing" : "a FIN"
    }
}
