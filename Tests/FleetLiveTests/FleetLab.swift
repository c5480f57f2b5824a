import Foundation
import Glibc
import Inspection
import Lab
import TestSupport
import Testing

@testable import Gateway

/// A lab with a gateway whose fleet the tests disturb.
struct FleetLab {
    /// The clock runs this many times faster than the profile's: a drain of 90 s takes 9 s.
    static let timeScale = 10

    let lab: Lab
    let gateway: LabGateway

    /// Runs a test on a lab of its own, and takes it down whatever happens.
    static func with(
        profile: String = "azure", continuity: String = "disruptive", timeScale: Int = timeScale, sessions: Int = 16384,
        extra: String = "",
        _ body: (FleetLab) async throws -> Void
    ) async throws {
        try await withTestLab(prefix: "sluice-fl") { lab in
            let text = lab.configuration(
                profile: profile, timeScale: timeScale, sessions: sessions, extra: "continuity: \(continuity)\n\(extra)"
            )
            let gateway = try await lab.startGateway(configuration: text)
            do {
                let fleet = FleetLab(lab: lab, gateway: gateway)
                try await fleet.waitFor("two instances to serve") { $0.serving == 2 }
                try await body(fleet)
            } catch {
                Issue.record("\(error)\nthe gateway said: \(gateway.process.allOutput)")
            }
        }
    }

    // MARK: Queries

    func status() async throws -> FleetStatus {
        let output = try await gateway.command("instance", "list", "--json").required().output
        return try JSONDecoder().decode(FleetStatus.self, from: Data(output.utf8))
    }

    func sessions() async throws -> [SessionView] {
        let output = try await gateway.command("session", "list", "--json").required().output
        return try JSONDecoder().decode([SessionView].self, from: Data(output.utf8))
    }

    @discardableResult
    func waitFor(
        _ what: String, within limit: Duration = .seconds(20), _ condition: (FleetStatus) -> Bool
    ) async throws -> FleetStatus {
        let deadline = ContinuousClock.now + limit
        while true {
            let status = try await status()
            if condition(status) { return status }
            guard ContinuousClock.now < deadline else { throw Waited(what: what, seen: "\(status)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    struct Waited: Error {
        var what: String
        var seen: String
    }

    // MARK: Commands and disturbances

    func run(_ arguments: String...) async throws -> CommandResult {
        try await lab.execute(
            in: .gateway, [gateway.binary] + arguments + ["--gateway", lab.name], within: .seconds(30))
    }

    /// The process of an instance.
    func process(_ instance: Int) async throws -> pid_t {
        try #require(try await status().instances.first { $0.identifier == instance }).processIdentifier
    }

    /// Sends kill -9 to the controller alone. The instances continue.
    func killController() async {
        gateway.process.send(signal: SIGKILL)
        _ = await gateway.process.waitForExit(within: .seconds(5))
    }

    /// Starts another controller for the same gateway, with the same configuration.
    func startController() async throws -> FleetLab {
        let text = try String(contentsOfFile: gateway.configurationPath, encoding: .utf8)
        return FleetLab(lab: lab, gateway: try await lab.startGateway(configuration: text))
    }
}
