import Foundation
import Glibc
import Lab

/// The gateway of a lab, with two instances.
struct GatewayPassage: Passage {
    let gateway: LabGateway

    func target(from place: LabPlace, to zone: LabZone, port: Int) -> Site.Target {
        Site.Target(address: zone.address, port: port)
    }

    /// Drains the two instances that have the sessions, one after the other. Two others serve new sessions.
    func drain() async throws {
        let old = try await status().instances.map(\.identifier)
        try await gateway.command("fleet", "scale", "--instances", String(old.count * 2)).required()
        try await waitFor("twice as many instances") { $0.serving == old.count * 2 }
        for instance in old {
            try await gateway.command("instance", "drain", String(instance)).required()
            try await waitFor("the end of the drain") { status in
                !status.instances.contains { $0.identifier == instance }
            }
        }
    }

    func killInstances() async throws {
        let old = try await status().instances.map(\.processIdentifier)
        for process in old { kill(process, SIGKILL) }
        try await waitFor("their replacements") { status in
            status.serving >= 2 && !status.instances.contains { old.contains($0.processIdentifier) }
        }
    }

    /// What is read of `sluice instance list --json`.
    private struct Fleet: Decodable {
        struct Instance: Decodable {
            let identifier: Int
            let processIdentifier: Int32
        }

        let serving: Int
        let instances: [Instance]
    }

    private func status() async throws -> Fleet {
        let output = try await gateway.command("instance", "list", "--json").required().output
        return try JSONDecoder().decode(Fleet.self, from: Data(output.utf8))
    }

    private func waitFor(_ what: String, _ condition: (Fleet) -> Bool) async throws {
        guard try await eventually(within: .seconds(30), every: .milliseconds(100), { condition(try await status()) })
        else {
            throw LabError.timedOut(waitingFor: what, seconds: 30, seen: "\(try await status())")
        }
    }
}
