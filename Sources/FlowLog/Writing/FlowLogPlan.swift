package import Policy

/// The parameters of the writing of a gateway's flow log.
package struct FlowLogPlan: Codable, Equatable, Sendable {
    /// A zone, and the interface that represents it.
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
    /// The interval between two tuples of a flow that continues, already divided by the time scale.
    package var intervalNanoseconds: UInt64
    /// The resource ids of groups in use, by name, as exported. A group without a resource id is not in it.
    package var groupResources: [String: String]

    package init(
        gateway: String, settings: FlowLogSettings, zones: [Zone], intervalNanoseconds: UInt64,
        groupResources: [String: String] = [:]
    ) {
        self.gateway = gateway
        self.settings = settings
        self.zones = zones
        self.intervalNanoseconds = intervalNanoseconds
        self.groupResources = groupResources
    }

    /// A controller of an earlier version, which may run during a rolling update, does not write ``groupResources``.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            gateway: try values.decode(String.self, forKey: .gateway),
            settings: try values.decode(FlowLogSettings.self, forKey: .settings),
            zones: try values.decode([Zone].self, forKey: .zones),
            intervalNanoseconds: try values.decode(UInt64.self, forKey: .intervalNanoseconds),
            groupResources: try values.decodeIfPresent([String: String].self, forKey: .groupResources) ?? [:])
    }

    /// The plan of a configuration; nil if it has no flow log.
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
                FlowLedger.unscaledIntervalNanoseconds, by: configuration.timeScale),
            groupResources: Dictionary(
                configuration.groupsInUse.filter { !$0.resourceIdentifier.isEmpty }
                    .map { ($0.name, $0.resourceIdentifier) }, uniquingKeysWith: { first, _ in first }))
    }
}
