package import FlowCore

/// What a rule decides.
package enum RuleAccess: String, Sendable, CaseIterable {
    case allow = "Allow"
    case deny = "Deny"
}

/// The protocols that a rule can match.
package enum RuleProtocol: String, Sendable, CaseIterable {
    case any = "*"
    case tcp = "Tcp"
    case udp = "Udp"
    /// ICMP and ICMPv6.
    case icmp = "Icmp"
    case esp = "Esp"
    case ah = "Ah"

    /// The IP protocol numbers (IANA); empty for ``any``.
    package var numbers: [UInt8] {
        switch self {
        case .any: []
        case .tcp: [6]
        case .udp: [17]
        case .icmp: [1, 58]
        case .esp: [50]
        case .ah: [51]
        }
    }

    /// Whether packets of this protocol have ports that a rule can match.
    package var hasPorts: Bool { self == .any || self == .tcp || self == .udp }
}

/// The addresses that a rule matches.
package enum AddressMatch: Hashable, Sendable, CustomStringConvertible {
    /// Every address of both families: `*`.
    case any
    case prefixes([AddressPrefix])

    package func contains(_ address: NetworkAddress) -> Bool {
        switch self {
        case .any: true
        case .prefixes(let prefixes): prefixes.contains { $0.contains(address) }
        }
    }

    /// The items as written in the configuration.
    package var items: [String] {
        switch self {
        case .any: ["*"]
        case .prefixes(let prefixes):
            prefixes.map { $0.length == $0.family.bits ? $0.first.description : $0.description }
        }
    }

    package var description: String { items.joined(separator: ", ") }
}

/// The ports that a rule matches.
package enum PortMatch: Hashable, Sendable, CustomStringConvertible {
    /// Every port, and protocols without ports too: `*`.
    case any
    case ranges([PortRange])

    package func contains(_ port: UInt16) -> Bool {
        switch self {
        case .any: true
        case .ranges(let ranges): ranges.contains { $0.contains(port) }
        }
    }

    /// The items as written in the configuration.
    package var items: [String] {
        switch self {
        case .any: ["*"]
        case .ranges(let ranges): ranges.map(\.description)
        }
    }

    package var description: String { items.joined(separator: ", ") }
}

/// One rule of the list `rules` or `hostRules`.
package struct FirewallRule: Hashable, Sendable {
    /// Unique among all rules of the configuration, host rules included.
    package var name: String
    /// Lower is evaluated first; unique in its list.
    package var priority: Int
    package var access: RuleAccess
    package var ipProtocol: RuleProtocol
    package var source: AddressMatch
    /// Always ``AddressMatch/any`` in a host rule, which applies to the gateway's own addresses.
    package var destination: AddressMatch
    package var sourcePorts: PortMatch
    package var destinationPorts: PortMatch
    /// Idle timeout of the sessions that the rule allows, in nanoseconds, as written (not scaled); nil: the timeout of
    /// their class.
    package var idleTimeoutNanoseconds: UInt64?
    /// What happens to an idle TCP session of the rule; nil: as its class.
    package var onIdle: OnIdle?

    package init(
        name: String, priority: Int, access: RuleAccess, ipProtocol: RuleProtocol = .any, source: AddressMatch = .any,
        destination: AddressMatch = .any, sourcePorts: PortMatch = .any, destinationPorts: PortMatch = .any,
        idleTimeoutNanoseconds: UInt64? = nil, onIdle: OnIdle? = nil
    ) {
        self.name = name
        self.priority = priority
        self.access = access
        self.ipProtocol = ipProtocol
        self.source = source
        self.destination = destination
        self.sourcePorts = sourcePorts
        self.destinationPorts = destinationPorts
        self.idleTimeoutNanoseconds = idleTimeoutNanoseconds
        self.onIdle = onIdle
    }

    /// The IP protocol numbers that the rule matches; nil: all. A rule with ports matches only protocols that have
    /// ports.
    package var protocolNumbers: [UInt8]? {
        if ipProtocol != .any { return ipProtocol.numbers }
        return sourcePorts == .any && destinationPorts == .any ? nil : [6, 17]
    }
}
