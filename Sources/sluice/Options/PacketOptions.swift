import ArgumentParser
import FlowCore
import Inspection
import Policy

/// Which packets are meant; all that is given must hold.
struct PacketOptions: ParsableArguments {
    @Option(help: "Prefix or address of the packet's source.", transform: FilterOptions.prefix)
    var source: AddressPrefix?

    @Option(help: "Prefix or address of the packet's destination.", transform: FilterOptions.prefix)
    var destination: AddressPrefix?

    @Option(help: "Port of either end.")
    var port: UInt16?

    @Option(
        name: .customLong("protocol"), help: "Protocol: a name like tcp, or a number.",
        completion: FilterOptions.protocols, transform: FilterOptions.ipProtocol)
    var ipProtocol: UInt8?

    @Option(help: "Name of the zone by which it came in.", completion: Completing.zones)
    var zone: String?

    @Option(
        help: "Reason of a drop, as 'sluice drop list' names it; may be given several times.",
        completion: PacketOptions.reasons.completion, transform: { try PacketOptions.reasons.read($0) })
    var reason: [DropReason] = []

    static let reasons = WordList("reason", DropReason.allCases.map { .init(word: $0.name, value: $0) })

    func validate() throws {
        guard let source, let destination, source.first.family != destination.first.family else { return }
        throw ValidationError(
            "--source is \(source.first.family.name), --destination \(destination.first.family.name): no packet has both"
        )
    }

    func filter(_ inspector: GatewayInspector) throws -> PacketFilter {
        PacketFilter(
            source: source, destination: destination, port: port, ipProtocol: ipProtocol,
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
