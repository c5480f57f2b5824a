import ArgumentParser
import FlowCore
import Inspection
import Policy

/// Selects sessions. All given conditions must hold.
struct FilterOptions: ParsableArguments {
    @OptionGroup var ends: EndOptions

    @Option(
        name: .customLong("class"), help: "Traffic class: northSouth or eastWest.",
        completion: FilterOptions.classes.completion, transform: { try FilterOptions.classes.read($0) })
    var trafficClass: TrafficClass?

    @Option(
        help: "State: \(FilterOptions.states.known.joined(separator: ", ")).",
        completion: FilterOptions.states.completion, transform: { try FilterOptions.states.read($0) })
    var state: SessionState?

    @Option(help: "Identifier of the instance that owns the session.", completion: Completing.instances)
    var instance: UInt16?

    var filter: SessionFilter {
        SessionFilter(
            source: ends.source, destination: ends.destination, port: ends.port, ipProtocol: ends.ipProtocol,
            trafficClass: trafficClass,
            state: state, instance: instance)
    }

    /// The visible states of a session.
    static let states = WordList(
        "state of a session",
        [SessionState.synSent, .synReceived, .established, .closing, .closed, .resetting].map {
            .init(word: "\($0)", value: $0)
        })

    static let classes = WordList(
        "traffic class",
        [.init(word: "northSouth", value: TrafficClass.northSouth), .init(word: "eastWest", value: .eastWest)],
        aliases: [.init(word: "ns", value: .northSouth), .init(word: "ew", value: .eastWest)])
}

/// Selects sessions, packets or flows by their ends. All given conditions must hold.
struct EndOptions: ParsableArguments {
    @Option(
        help: "Prefix or address of the source, which opened the session or sent the packet.",
        transform: EndOptions.prefix)
    var source: AddressPrefix?

    @Option(help: "Prefix or address of the destination.", transform: EndOptions.prefix)
    var destination: AddressPrefix?

    @Option(help: "Port of either end.")
    var port: UInt16?

    @Option(
        name: .customLong("protocol"), help: "Protocol: a name like tcp, or a number.",
        completion: EndOptions.protocols, transform: EndOptions.ipProtocol)
    var ipProtocol: UInt8?

    static var protocols: CompletionKind { .list(ProtocolName.all) }

    static func prefix(_ text: String) throws -> AddressPrefix {
        do {
            return try AddressPrefix(parsing: text)
        } catch {
            throw ValidationError("'\(text)' \(error)")
        }
    }

    static func ipProtocol(_ text: String) throws -> UInt8 {
        guard let number = ProtocolName.read(text) else {
            throw ValidationError(
                "'\(text)' is not a protocol\(WordText.suggestion(for: text, among: ProtocolName.all)): write one of "
                    + "\(ProtocolName.known), or a number from 0 to 255")
        }
        return number
    }
}

/// Selects packets. All given conditions must hold.
struct PacketOptions: ParsableArguments {
    @OptionGroup var ends: EndOptions

    @Option(help: "Name of the zone where the packet arrives.", completion: Completing.zones)
    var zone: String?

    @Option(
        help: "Drop reason, as 'sluice drop list' shows it. May be given several times.",
        completion: PacketOptions.reasons.completion, transform: { try PacketOptions.reasons.read($0) })
    var reason: [DropReason] = []

    static let reasons = WordList("reason", DropReason.allCases.map { .init(word: $0.name, value: $0) })

    func validate() throws {
        guard let source = ends.source, let destination = ends.destination,
            source.first.family != destination.first.family
        else { return }
        throw ValidationError(
            "--source is \(source.first.family.name), --destination \(destination.first.family.name): no packet has both, give one family"
        )
    }

    func filter(_ inspector: GatewayInspector) throws -> PacketFilter {
        PacketFilter(
            source: ends.source, destination: ends.destination, port: ends.port, ipProtocol: ends.ipProtocol,
            zone: try zone.map { try number(ofZone: $0, inspector) }, reasons: reason)
    }

    private func number(ofZone name: String, _ inspector: GatewayInspector) throws -> UInt8 {
        let zones = try inspector.directory.zoneIdentities().identities
        if let number = zones[name] { return number }
        let known = zones.keys.sorted()
        throw CommandFailure(
            what: "gateway \(inspector.gateway) has no zone \(name)\(WordText.suggestion(for: name, among: known))",
            next: "name one of its zones: \(known.joined(separator: ", "))")
    }
}
