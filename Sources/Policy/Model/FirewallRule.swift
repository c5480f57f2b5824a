package import FlowCore

/// What a rule decides.
package enum RuleAccess: String, Sendable, CaseIterable {
    case allow = "Allow"
    case deny = "Deny"
}

/// The protocols that a rule can name.
package enum RuleProtocol: String, Sendable, CaseIterable {
    case any = "*"
    case tcp = "Tcp"
    case udp = "Udp"
    /// ICMP, and ICMPv6.
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

    /// Whether its packets carry ports that a rule can look at.
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

    /// What was written in the configuration, item by item.
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

    /// What was written in the configuration, item by item.
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
    /// Lower is asked first; unique in its list.
    package var priority: Int
    package var access: RuleAccess
    package var ipProtocol: RuleProtocol
    package var source: AddressMatch
    /// ``AddressMatch/any`` in a host rule: the gateway's own addresses are meant.
    package var destination: AddressMatch
    package var sourcePorts: PortMatch
    package var destinationPorts: PortMatch
    /// Idle timeout of the sessions that the rule allows, as written (not scaled), in nanoseconds; nil: their class's.
    package var idleTimeoutNanoseconds: UInt64?
    /// What happens to the rule's TCP sessions when they were idle too long; nil: as their class does.
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

    /// The IP protocol numbers that the rule matches; nil: all of them. A rule that names ports matches only protocols
    /// that have them.
    package var protocolNumbers: [UInt8]? {
        if ipProtocol != .any { return ipProtocol.numbers }
        return sourcePorts == .any && destinationPorts == .any ? nil : [6, 17]
    }
}
