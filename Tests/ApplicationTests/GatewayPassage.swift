import Lab
import TestSupport

/// The gateway of a lab, with two instances.
struct GatewayPassage: Passage {
    let gateway: LabGateway

    func target(from place: LabPlace, to zone: LabZone, port: Int) -> Site.Target {
        Site.Target(address: zone.address, port: port)
    }

    func drain() async throws { try await gateway.drainInstances() }

    func killInstances() async throws { try await gateway.killInstances() }
}
