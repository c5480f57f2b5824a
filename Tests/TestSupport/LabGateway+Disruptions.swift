import Foundation
import Glibc
package import Lab

/// What ends the sessions of a lab's gateway.
extension LabGateway {
    /// What is read of `sluice instance list --json`.
    private struct Fleet: Decodable {
        struct Instance: Decodable {
            let identifier: Int
            let processIdentifier: Int32
        }

        let serving: Int
        let instances: [Instance]
    }

    /// Drains the instances that have the sessions, one after the other: 45 s without new sessions, 45 s of resets. As
    /// many others serve new sessions.
    package func drainInstances() async throws {
        let old = try await fleet().instances.map(\.identifier)
        try await command("fleet", "scale", "--instances", String(old.count * 2)).required()
        try await waitFor("twice as many instances") { $0.serving == old.count * 2 }
        for instance in old {
            try await command("instance", "drain", String(instance)).required()
            try await waitFor("the end of the drain") { !$0.instances.map(\.identifier).contains(instance) }
        }
    }

    /// Ends all instances with SIGKILL, and waits for their replacements. Their sessions are lost without a RST.
    package func killInstances() async throws {
        let old = try await fleet().instances.map(\.processIdentifier)
        for process in old { kill(process, SIGKILL) }
        try await waitFor("their replacements") { fleet in
            fleet.serving >= 2 && !fleet.instances.contains { old.contains($0.processIdentifier) }
        }
    }

    private func fleet() async throws -> Fleet {
        let output = try await command("instance", "list", "--json").required().output
        return try JSONDecoder().decode(Fleet.self, from: Data(output.utf8))
    }

    private func waitFor(_ what: String, _ condition: (Fleet) -> Bool) async throws {
        let isMet = try await eventually(within: .seconds(40), every: .milliseconds(100)) {
            condition(try await fleet())
        }
        guard isMet else {
            throw LabError.timedOut(waitingFor: what, seconds: 40, seen: "\(try await fleet())")
        }
    }
}
