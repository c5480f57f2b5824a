package import Policy

/// What a changed configuration means for a running gateway. Pure.
package struct ReloadPlan: Equatable, Sendable {
    /// Zone name by interface.
    package var attach: [String: String] = [:]
    /// Interfaces that belong to no zone any more.
    package var detach: [String] = []
    /// Interfaces that change from one zone to another: the new zone's name.
    package var rezone: [String: String] = [:]

    /// - Throws: if a key has changed that can't change while the gateway runs.
    package init(from old: Configuration, to new: Configuration) throws(GatewayError) {
        guard new.gateway == old.gateway else {
            throw GatewayError(
                "gateway: can't change from '\(old.gateway)' to '\(new.gateway)' while the gateway runs: "
                    + "stop it, and start it with the new name")
        }
        guard new.capacitySessions == old.capacitySessions else {
            throw GatewayError(
                "capacity.sessions: can't change from \(old.capacitySessions) to \(new.capacitySessions) while the gateway "
                    + "runs, because its sessions would be lost: stop it and start it again, or keep the old value")
        }
        let before = Self.zoneByInterface(old)
        let after = Self.zoneByInterface(new)
        for (interface, zone) in after {
            guard let earlier = before[interface] else {
                attach[interface] = zone
                continue
            }
            if earlier != zone { rezone[interface] = zone }
        }
        detach = before.keys.filter { after[$0] == nil }.sorted()
    }

    package static func zoneByInterface(_ configuration: Configuration) -> [String: String] {
        var result: [String: String] = [:]
        for zone in configuration.zones {
            for interface in zone.interfaces { result[interface] = zone.name }
        }
        return result
    }
}
