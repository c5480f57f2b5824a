package import Policy

/// The cloud's names for what is logged. A group that was exported with its resource id keeps it. A gateway outside the
/// cloud has no subscription, so the configured placeholder is used: existing parsers then find every part of a path.
package struct ResourceNames: Equatable, Sendable {
    package let gateway: String
    package let settings: FlowLogSettings
    /// By the group's name in upper case.
    private let groupResources: [String: String]

    /// - Parameter groupResources: ``FlowLogPlan/groupResources``
    package init(gateway: String, settings: FlowLogSettings, groupResources: [String: String] = [:]) {
        self.gateway = gateway
        self.settings = settings
        self.groupResources = groupResources.mapValues { $0.uppercased() }
    }

    private var resourceGroup: String {
        "/SUBSCRIPTIONS/\(settings.subscription)/RESOURCEGROUPS/\(settings.resourceGroup)".uppercased()
    }

    /// The resource of the group whose rule decided, in upper case, as documented: its exported resource id, or else
    /// one made from its name.
    package func groupResource(_ group: String) -> String {
        groupResources[group]
            ?? "\(resourceGroup)/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/\(group.uppercased())"
    }

    /// `flowLogResourceID`.
    package var flowLogResource: String {
        "/SUBSCRIPTIONS/\(settings.subscription)/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/"
            .uppercased()
            + "NETWORKWATCHER_\(settings.region)/FLOWLOGS/\(gateway)".uppercased()
    }

    /// `targetResourceID`: the logged network.
    package var targetResource: String {
        "\(resourceGroup)/PROVIDERS/MICROSOFT.NETWORK/VIRTUALNETWORKS/\(gateway.uppercased())"
    }

    /// `systemId` and `flowLogGUID`: constant for a gateway.
    package var systemIdentifier: String { Self.identifier(of: "flow log of \(gateway)") }

    /// `aclID`.
    package func groupIdentifier(_ group: String) -> String { Self.identifier(of: groupResource(group)) }

    /// A UUID derived from a name, so that it is always the same (RFC 9562, version 8; the hash is FNV-1a, twice).
    static func identifier(of name: String) -> String {
        func hash(_ basis: UInt64) -> UInt64 {
            name.utf8.reduce(basis) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
        let high = hash(0xCBF2_9CE4_8422_2325) & ~0xF000 | 0x8000
        let low = hash(0x8422_2325_CBF2_9CE4) & ~(3 << 62) | 2 << 62
        let digits = hexadecimal(high) + hexadecimal(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
