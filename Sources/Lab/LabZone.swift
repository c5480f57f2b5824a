/// A zone of the lab, with one host.
package enum LabZone: String, CaseIterable, Sendable {
    /// Internal: 10.1.0.0/24 and fd00:1::/64.
    case client
    /// Internal: 10.2.0.0/24 and fd00:2::/64. Sessions between client and peer are east-west.
    case peer
    /// External: 203.0.113.0/24 (RFC 5737) and 2001:db8:3::/64 (RFC 3849). Sessions with it are north-south.
    case internet

    /// The network of the zone without the host part: `10.1.0.`
    private var network: String {
        switch self {
        case .client: "10.1.0."
        case .peer: "10.2.0."
        case .internet: "203.0.113."
        }
    }

    private var network6: String {
        switch self {
        case .client: "fd00:1::"
        case .peer: "fd00:2::"
        case .internet: "2001:db8:3::"
        }
    }

    /// IPv4 address of the zone's host.
    package var address: String { network + "10" }
    /// IPv6 address of the zone's host.
    package var address6: String { network6 + "10" }
    /// IPv4 address of the gateway in this zone.
    package var gatewayAddress: String { network + "1" }
    /// IPv6 address of the gateway in this zone.
    package var gatewayAddress6: String { network6 + "1" }
    /// IPv4 prefix of the zone.
    package var prefix: String { network + "0/24" }
    /// IPv6 prefix of the zone.
    package var prefix6: String { network6 + "/64" }
    /// Name of the zone's interface in the gateway.
    package var gatewayInterface: String { rawValue + "0" }
    /// Name of the host's interface to the gateway.
    package static let hostInterface = "eth0"

    /// The host's address in one IP version.
    package func address(_ version: IPVersion) -> String {
        switch version {
        case .four: address
        case .six: address6
        }
    }

    /// The gateway's address in one IP version.
    package func gatewayAddress(_ version: IPVersion) -> String {
        switch version {
        case .four: gatewayAddress
        case .six: gatewayAddress6
        }
    }
}

/// An IP version, for tests of both.
package enum IPVersion: Int, CaseIterable, Sendable, CustomStringConvertible {
    case four = 4
    case six = 6

    package var description: String { "IPv\(rawValue)" }
}

/// A place in the lab: a zone's host, or the gateway.
package enum LabPlace: Hashable, Sendable {
    case zone(LabZone)
    case gateway

    package static let client = LabPlace.zone(.client)
    package static let peer = LabPlace.zone(.peer)
    package static let internet = LabPlace.zone(.internet)

    /// All places: the gateway first.
    package static let all: [LabPlace] = [.gateway] + LabZone.allCases.map { .zone($0) }

    /// The place's name in commands and in the names of namespaces.
    package var name: String {
        switch self {
        case .zone(let zone): zone.rawValue
        case .gateway: "gw"
        }
    }

    /// The place with this name: a zone's name, `gw` or `gateway`.
    package init?(name: String) {
        if let zone = LabZone(rawValue: name) {
            self = .zone(zone)
        } else if name == "gw" || name == "gateway" {
            self = .gateway
        } else {
            return nil
        }
    }
}
