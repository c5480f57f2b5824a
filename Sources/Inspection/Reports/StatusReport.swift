package import Kernel

/// `sluice status --json`: a status, or only the health if the gateway does not run.
package struct StatusReport: Encodable, Sendable {
    package let gateway: String
    package let health: GatewayHealth
    package let status: GatewayStatus?
    /// The version of the binary that prints this. The gateway's version is that of its controller.
    package let version: BinaryVersion

    package init(_ status: GatewayStatus, version: BinaryVersion) {
        self.version = version
        self.gateway = status.gateway
        self.health = status.health
        self.status = status
    }

    package init(gateway: String, health: GatewayHealth, version: BinaryVersion) {
        self.gateway = gateway
        self.health = health
        self.status = nil
        self.version = version
    }

    private enum Key: String, CodingKey { case gateway, health, version }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(version, forKey: .version)
        if let status { return try status.encode(to: encoder) }
        try container.encode(gateway, forKey: .gateway)
        try container.encode(health, forKey: .health)
    }
}
