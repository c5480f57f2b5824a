package import Capture
import FlowCore
package import FlowLayout
import FlowLog
import Kernel
import Policy

/// Builds views of watched packets: names instead of numbers, and the rule that denied a packet, found by the evaluator
/// (NSG-7).
package struct PacketDescriber {
    private let inspector: GatewayInspector
    private let interfaces: [UInt32: String]
    /// The offset from the machine's monotonic clock to nanoseconds since 1970.
    private let clockOffset: UInt64
    private var names: SessionDescriber
    /// The policy generation that the names belong to.
    private var policyGeneration: UInt32

    /// - Parameter clockOffset: nanoseconds since 1970, minus those of `MonotonicClock`.
    package init(_ inspector: GatewayInspector, clockOffset: UInt64) {
        self.inspector = inspector
        self.clockOffset = clockOffset
        interfaces = inspector.interfaceNames()
        policyGeneration = sluice_load32(&inspector.datapath.table.runtime.pointee.policyGeneration)
        names = inspector.describer()
    }

    package static func headers(of watched: sluice_watched_packet) -> PacketHeaders {
        PacketHeaders(frame: bytes(of: watched), linkHeaderLength: Int(watched.linkHeaderLength))
    }

    /// The packet's first bytes, starting at the link header.
    package static func bytes(of watched: sluice_watched_packet) -> [UInt8] {
        withUnsafeBytes(of: watched.bytes) { Array($0.prefix(Int(watched.copied))) }
    }

    /// Nanoseconds since 1970.
    package func wallNanoseconds(of watched: sluice_watched_packet) -> UInt64 { watched.timeNanoseconds &+ clockOffset }

    package func interfaceName(of watched: sluice_watched_packet) -> String {
        interfaces[watched.interfaceIndex] ?? "#\(watched.interfaceIndex)"
    }

    package mutating func view(_ watched: sluice_watched_packet, _ headers: PacketHeaders) -> PacketView {
        let current = sluice_load32(&inspector.datapath.table.runtime.pointee.policyGeneration)
        if current != policyGeneration {
            policyGeneration = current
            names = inspector.describer()
        }
        let verdict = Verdict(rawValue: UInt32(watched.action) | UInt32(watched.reason) << 8)
        var view = PacketView(
            time: WallTime(nanoseconds: wallNanoseconds(of: watched)).text, interface: interfaceName(of: watched),
            zone: names.zoneName(watched.sourceZone), protocol: Self.protocolName(headers),
            source: Self.endpoint(headers.source, headers.sourcePort),
            destination: Self.endpoint(headers.destination, headers.destinationPort), tcpFlags: headers.tcpFlagNames,
            sequence: headers.sequence, acknowledgment: headers.acknowledgment, icmpType: headers.icmpType,
            icmpCode: headers.icmpCode, fragmentOffset: headers.fragmentOffset,
            quoted: headers.quoted.first.flatMap(Self.text), length: watched.length,
            verdict: verdict.action.map { "\($0)" } ?? "unknown", reason: verdict.reason?.name)
        if watched.hasSession != 0 {
            view.session = SessionIdentifier(slot: watched.slot, generation: watched.generation).description
            view.rule = names.ruleName(watched.rule)
        } else if verdict.reason == .denied || verdict.reason == .hostDenied {
            view.rule = decidingRule(watched, headers)
        }
        if watched.slowly != 0 { view.slowly = true }
        return view
    }

    /// The rule that denied it; nil if it is unknown, because the policy has changed or the headers are incomplete.
    private func decidingRule(_ watched: sluice_watched_packet, _ headers: PacketHeaders) -> String? {
        guard watched.policyGeneration == policyGeneration, let ipProtocol = headers.ipProtocol,
            let source = headers.source.flatMap(NetworkAddress.init),
            let destination = headers.destination.flatMap(NetworkAddress.init), source.family == destination.family
        else { return nil }
        let hasPorts = ipProtocol == IPProtocol.tcp || ipProtocol == IPProtocol.udp
        if hasPorts && headers.destinationPort == nil { return nil }
        let question = FlowQuestion(
            ipProtocol: ipProtocol, source: source, sourcePort: headers.sourcePort ?? 0, destination: destination,
            destinationPort: headers.destinationPort ?? 0, forHost: watched.forHost != 0,
            sourceZone: watched.sourceZone, destinationZone: watched.destinationZone)
        guard let answer = try? inspector.datapath.classify(question.classification), answer.allowed == 0 else {
            return nil
        }
        let isGroup = answer.stage != PolicyStage.ownRules.rawValue && answer.groupRule != 0
        let rule = isGroup ? answer.groupRule : answer.rule
        return rule == 0 ? "default" : names.ruleName(rule)
    }

    private static func endpoint(_ address: PacketHeaders.Address?, _ port: UInt16?) -> SessionView.Endpoint? {
        address.flatMap(NetworkAddress.init).map { .init(address: $0.description, port: port ?? 0) }
    }

    private static func protocolName(_ headers: PacketHeaders) -> String {
        if let number = headers.ipProtocol { return ProtocolName.write(number) }
        switch headers.etherType {
        case 0x0800: return "ipv4"
        case 0x86DD: return "ipv6"
        case 0x0806: return "arp"
        case let type:
            let digits = String(type, radix: 16)
            return "0x" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
    }

    private static func text(_ quoted: PacketHeaders) -> String? {
        guard let source = endpoint(quoted.source, quoted.sourcePort),
            let destination = endpoint(quoted.destination, quoted.destinationPort)
        else { return nil }
        return "\(protocolName(quoted)) \(source.text) > \(destination.text)"
    }
}

extension SessionView.Endpoint {
    /// `10.1.0.10:443`, `[2001:db8::1]:443`.
    package var text: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

extension GatewayInspector {
    /// The names of the zone interfaces, by index, in the network namespace of the gateway's processes.
    package func interfaceNames() -> [UInt32: String] {
        guard let configuration = try? directory.configuration() else { return [:] }
        let read = {
            var names: [UInt32: String] = [:]
            for name in configuration.zones.flatMap(\.interfaces) {
                if let interface = try? NetworkInterface.find(name) { names[UInt32(interface.index)] = name }
            }
            return names
        }
        for process in directory.processes() {
            if let names = NetworkVisit.run(in: "/proc/\(process)/ns/net", read), !names.isEmpty { return names }
        }
        return read()
    }
}
