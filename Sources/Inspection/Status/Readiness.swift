/// Whether a gateway accepts traffic, for load balancers and probes. Pure.
package struct Readiness: Codable, Equatable, Sendable {
    package struct Reason: Codable, Equatable, Sendable {
        /// For programs: `notAttached`, `noInstance`, `stopped`.
        package var code: String
        package var message: String
        package var remedy: String

        package init(code: String, message: String, remedy: String) {
            self.code = code
            self.message = message
            self.remedy = remedy
        }
    }

    package var ready: Bool
    /// Why it does not.
    package var reasons: [Reason]

    package init(_ status: GatewayStatus) {
        var reasons: [Reason] = []
        for zone in status.zones {
            for interface in zone.interfaces where !interface.attached {
                reasons.append(
                    Reason(
                        code: "notAttached",
                        message:
                            "zone \(zone.name): packets from \(interface.name) are not forwarded, because the datapath is not attached",
                        remedy: interface.present
                            ? "attach it again: sluice reload" : "create the interface, or remove it from the zone"))
            }
        }
        if status.fleet.serving == 0 {
            reasons.append(
                Reason(
                    code: "noInstance", message: "no instance serves, so new sessions are refused",
                    remedy: "see why: sluice instance list"))
        }
        self.reasons = reasons
        ready = reasons.isEmpty
    }

    /// A gateway of which nothing can be read has stopped.
    package init(unreadable health: GatewayHealth) {
        ready = false
        reasons = health.findings.map { Reason(code: "stopped", message: $0.reason, remedy: $0.remedy) }
    }
}
