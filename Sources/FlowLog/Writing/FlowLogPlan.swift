package import Policy

/// All that the writing of a gateway's flow log goes by.
package struct FlowLogPlan: Codable, Equatable, Sendable {
    /// A zone, and the interface that stands for it.
    package struct Zone: Codable, Equatable, Sendable {
        package var identifier: UInt8
        package var name: String
        package var interface: String

        package init(identifier: UInt8, name: String, interface: String) {
            self.identifier = identifier
            self.name = name
            self.interface = interface
        }
    }

    package var gateway: String
    package var settings: FlowLogSettings
    package var zones: [Zone]
    /// Between two tuples of a flow that goes on; divided by the time scale already.
    package var intervalNanoseconds: UInt64

    package init(gateway: String, settings: FlowLogSettings, zones: [Zone], intervalNanoseconds: UInt64) {
        self.gateway = gateway
        self.settings = settings
        self.zones = zones
        self.intervalNanoseconds = intervalNanoseconds
    }

    /// The plan of a configuration; nil where it asks for no flow log.
    package init?(_ configuration: Configuration, zones: ZoneIdentities) {
        guard let settings = configuration.flowLog else { return nil }
        self.init(
            gateway: configuration.gateway, settings: settings,
            zones: configuration.zones.compactMap { zone in
                zones.identity(of: zone.name).map {
                    Zone(identifier: $0, name: zone.name, interface: zone.interfaces.first ?? "")
                }
            },
            intervalNanoseconds: SessionTimeouts.scale(
                FlowLedger.unscaledIntervalNanoseconds, by: configuration.timeScale))
    }
}
