import Foundation
import Lab

/// A relay on each host that has clients, with one proxy for each of its sessions. The hosts reach each other by plain
/// forwarding, without a firewall.
struct RelayPassage: Passage {
    private let lab: Lab
    /// The proxies' idle timeout, north-south; nil: the profile's.
    private let northSouthIdleTimeout: String?

    private static let places = [LabPlace.client, .peer]
    private static let control = "127.0.0.1:8474"
    /// How much longer than its duration a disruption may take.
    private static let margin = Duration.seconds(1)

    static func start(in lab: Lab, northSouthIdleTimeout: String?) async throws -> RelayPassage {
        try lab.setPlainForwarding(true)
        for place in places {
            let relay = try lab.spawn(
                in: place, [try SluiceBinary.path(of: "sluice-relay"), "serve", "--listen", control])
            try await relay.waitForText("the control API is at", within: .seconds(20))
        }
        return RelayPassage(lab: lab, northSouthIdleTimeout: northSouthIdleTimeout)
    }

    /// The keys of a proxy: toxiproxy's, and those that make it behave as the firewall.
    private struct Proxy: Codable {
        let name: String
        let listen: String
        let upstream: String
        let profile: String
        let trafficClass: String
        let timeScale: Int
        let northSouthIdleTimeout: String?
    }

    func target(from place: LabPlace, to zone: LabZone, port: Int) async throws -> Site.Target {
        let proxy = Proxy(
            name: "site-\(port)", listen: "127.0.0.1:\(port)", upstream: "\(zone.address):\(port)", profile: "azure",
            trafficClass: zone == .internet ? "northSouth" : "eastWest", timeScale: Site.timeScale,
            northSouthIdleTimeout: northSouthIdleTimeout)
        try await request(place, "/proxies", body: proxy)
        return Site.Target(address: "127.0.0.1", port: port)
    }

    func drain() async throws {
        try await disturb("drain")
        try await Task.sleep(for: .seconds(90) / Site.timeScale + Self.margin)
    }

    /// A recovery: the instance with the proxy's only session fails, is noticed after 5 s, and replaced after 10 s more.
    func killInstances() async throws {
        try await disturb("recovery")
        try await Task.sleep(for: .seconds(15) / Site.timeScale + Self.margin)
    }

    private func disturb(_ kind: String) async throws {
        for place in Self.places {
            let list = try await request(place, "/proxies", body: String?.none)
            let proxies = try JSONDecoder().decode([String: Name].self, from: Data(list.utf8))
            for name in proxies.keys.sorted() {
                try await request(place, "/sluice/v1/disruptions", body: ["proxy": name, "kind": kind])
            }
        }
    }

    private struct Name: Decodable {
        let name: String
    }

    /// Sends a request to the control API of a place: POST with a body, GET without one.
    @discardableResult
    private func request(_ place: LabPlace, _ path: String, body: (some Encodable)?) async throws -> String {
        var command = ["curl", "-sS", "--fail-with-body", "http://\(Self.control)\(path)"]
        if let body {
            command += ["--data", String(decoding: try JSONEncoder().encode(body), as: UTF8.self)]
        }
        return try await lab.execute(in: place, command).required().output
    }
}
