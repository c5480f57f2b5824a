import FoundationEssentials
import Lab

/// The parts of `sluice instance list --json` that the benchmark uses.
struct SluiceFleet: Decodable {
    struct Instance: Decodable {
        let identifier: Int
        let state: String
        let processIdentifier: Int32
        let sessions: Int
    }

    let serving: Int
    let instances: [Instance]

    init(of gateway: LabGateway) async throws {
        let result = try await gateway.command("instance", "list", "--json").required()
        do {
            self = try JSONDecoder().decode(SluiceFleet.self, from: Data(result.output.utf8))
        } catch {
            throw BenchError.answer(of: result.command, was: result.allOutput)
        }
    }

    /// Waits until this number of instances serve, and none is starting or leaving.
    static func whole(of gateway: LabGateway, instances: Int) async throws -> SluiceFleet {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            try StopRequest.check()
            let fleet = try await SluiceFleet(of: gateway)
            if fleet.serving == instances, fleet.instances.count == instances { return fleet }
            guard ContinuousClock.now < deadline else {
                let states = fleet.instances.map { "\($0.identifier) \($0.state)" }
                throw BenchError.answer(
                    of: "sluice instance list",
                    was: "\(states.joined(separator: ", ")), but \(instances) should serve")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
