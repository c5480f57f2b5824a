/// What a controller leaves for those who come after it: `controller.json`.
package struct ControllerRecord: Codable, Equatable, Sendable {
    package var gateway: String
    package var processIdentifier: Int32
    /// The file that the configuration was read from; what `sluice reload` reads again.
    package var configurationFile: String
    /// What this gateway has attached to, by interface name, so that its successor can detach what is configured no more.
    package var interfaces: [String: Int]
    /// How IP forwarding stood before the gateway switched it on; nil where that is not known.
    package var forwardingBefore: ForwardingRecord?
    /// What is wrong at the moment, for `sluice status`; empty: healthy.
    package var problems: [String]
    /// Wall clock, seconds since 1970.
    package var startedAt: Int64

    package init(
        gateway: String, processIdentifier: Int32, configurationFile: String, interfaces: [String: Int],
        forwardingBefore: ForwardingRecord?, problems: [String], startedAt: Int64
    ) {
        self.gateway = gateway
        self.processIdentifier = processIdentifier
        self.configurationFile = configurationFile
        self.interfaces = interfaces
        self.forwardingBefore = forwardingBefore
        self.problems = problems
        self.startedAt = startedAt
    }
}

/// IP forwarding of a network namespace.
package struct ForwardingRecord: Codable, Equatable, Sendable {
    package var ipv4: Bool
    package var ipv6: Bool

    package init(ipv4: Bool, ipv6: Bool) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }
}
