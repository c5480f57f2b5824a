import Foundation
import Lab
import Testing

/// Many TCP connections from the client to an echo server in another zone. Each sends a byte again and again, so data
/// always moves in both directions. Both ends check every byte.
struct Crowd {
    /// The ports of a connection. The client's port alone is not enough: connections to different servers may share it.
    struct Ports: Hashable {
        let client: Int
        let server: Int
    }

    let count: Int
    /// The server's port.
    let port: Int
    let client: Endpoint
    let server: Endpoint

    static func begin(
        _ fleet: FleetLab, count: Int = 200, to zone: LabZone = .internet, port: Int = 8000,
        every seconds: Double? = 0.2,
        options: [String] = []
    ) async throws -> Crowd {
        let server = try fleet.lab.endpoint(
            in: .zone(zone), ["listen", "\(port)", "--echo", "--quiet"] + options)
        try await server.waitFor("listening", within: .seconds(10))
        var arguments = ["connect", zone.address, "\(port)", "--count", "\(count)", "--quiet"] + options
        if let seconds { arguments += ["--send-every", "\(seconds)"] }
        let client = try fleet.lab.endpoint(in: .client, arguments)
        try await client.waitFor("connected", count: count, within: .seconds(20))
        try await server.waitFor("accepted", count: count, within: .seconds(20))
        return Crowd(count: count, port: port, client: client, server: server)
    }

    /// Checks that every connection is still the same one, and has received every byte (KEEP-1).
    func expectAlive(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(client.errors.isEmpty && server.errors.isEmpty, comment, sourceLocation: sourceLocation)
        let before = try await totals()
        try await Task.sleep(for: .milliseconds(900))
        let after = try await totals()
        #expect(after.count == count, comment, sourceLocation: sourceLocation)
        let stuck = after.filter { $0.value <= before[$0.key] ?? 0 }.count
        #expect(stuck == 0, "\(comment): \(stuck) connections move no data", sourceLocation: sourceLocation)
        #expect(client.errors.isEmpty && server.errors.isEmpty, comment, sourceLocation: sourceLocation)
        #expect(
            client.events("corrupt").isEmpty && server.events("corrupt").isEmpty
                && server.events("end").isEmpty, comment, sourceLocation: sourceLocation)
    }

    /// Stops sending, and checks that every sent byte has come back.
    func expectEveryByte(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        client.perform("rest")
        try await Task.sleep(for: .seconds(1))
        let infos = try await infos(client)
        #expect(infos.count == count, sourceLocation: sourceLocation)
        let lost = infos.filter { $0.sent != $0.total || $0.state != "ESTABLISHED" || ($0.sent ?? 0) == 0 }
        #expect(lost.isEmpty, "\(lost.prefix(3))", sourceLocation: sourceLocation)
        #expect(client.events("corrupt").isEmpty, sourceLocation: sourceLocation)
        #expect(client.errors.isEmpty && server.errors.isEmpty, sourceLocation: sourceLocation)
    }

    /// Bytes that each connection has received, by its number.
    private func totals() async throws -> [Int: Int] {
        Dictionary(try await infos(client).map { ($0.id ?? 0, $0.total ?? 0) }, uniquingKeysWith: { $1 })
    }

    private func infos(_ endpoint: Endpoint) async throws -> [Endpoint.Event] {
        let before = endpoint.events("info").count
        endpoint.perform("info")
        let all = try await endpoint.waitFor("info", count: before + count, within: .seconds(10))
        return Array(all.suffix(count))
    }

    /// The ports of its connections, by number.
    var ports: [Int: Ports] {
        Dictionary(
            client.events("connected").map { ($0.id ?? 0, Ports(client: $0.localPort ?? 0, server: port)) },
            uniquingKeysWith: { first, _ in first })
    }
}
