import ArgumentParser
import FlowCore
import Inspection
import Policy

/// Which packets are meant; all that is given must hold.
struct PacketOptions: ParsableArguments {
    @OptionGroup var ends: EndOptions

    @Option(help: "Name of the zone by which it came in.", completion: Completing.zones)
    var zone: String?

    @Option(
        help: "Reason of a drop, as 'sluice drop list' names it; may be given several times.",
        completion: PacketOptions.reasons.completion, transform: { try PacketOptions.reasons.read($0) })
    var reason: [DropReason] = []

    static let reasons = WordList("reason", DropReason.allCases.map { .init(word: $0.name, value: $0) })

    func validate() throws {
        guard let source = ends.source, let destination = ends.destination,
            source.first.family != destination.first.family
        else { return }
        throw ValidationError(
            "--source is \(source.first.family.name), --destination \(destination.first.family.name): no packet has both"
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
