import ArgumentParser
import Inspection
import Policy

/// `sluice policy explain`
struct PolicyExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which rule decides about a 5-tuple, and what session exists.",
        discussion: "The kernel's own evaluator answers, with the live policy: what it says is what a packet meets.")

    /// Of the dynamic ports (RFC 6335, 6): what a client's own port may well be.
    static let anySourcePort: UInt16 = 49152

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Option(
        name: .customLong("protocol"), help: "Protocol: a name like tcp, or a number.",
        transform: FilterOptions.ipProtocol)
    var ipProtocol: UInt8

    @Option(help: "Address of the end that sends the first packet.", transform: PolicyExplain.address)
    var source: NetworkAddress

    @Option(help: "Its port. (default: \(PolicyExplain.anySourcePort) for tcp and udp)")
    var sourcePort: UInt16?

    @Option(help: "Address of the other end.", transform: PolicyExplain.address)
    var destination: NetworkAddress

    @Option(help: "Its port; tcp and udp need it.")
    var destinationPort: UInt16?

    @Option(help: "The zone that the packet comes in by.")
    var zone: String?

    @Flag(name: .customLong("host"), help: "Ask the rules of the gateway's own addresses.")
    var forHost = false

    func validate() throws {
        guard source.family == destination.family else {
            throw ValidationError(
                "--source \(source) and --destination \(destination) are of different families: give two of one")
        }
        if hasPorts, destinationPort == nil {
            throw ValidationError("--destination-port is missing: \(ProtocolName.write(ipProtocol)) has ports")
        }
    }

    var question: FlowQuestion {
        FlowQuestion(
            ipProtocol: ipProtocol, source: source, sourcePort: sourcePort ?? (hasPorts ? Self.anySourcePort : 0),
            destination: destination, destinationPort: destinationPort ?? 0, forHost: forHost)
    }

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        if let zone {
            let known = try inspector.directory.configuration().zones.map(\.name)
            guard known.contains(zone) else {
                throw CommandFailure(
                    what: "gateway \(inspector.gateway) has no zone \(zone)",
                    next: "name one of its zones: \(known.joined(separator: ", "))")
            }
        }
        let explanation = try inspector.explain(question)
        Console.output(output.isJSON ? try JSONText.of(explanation) : PolicyRendering.page(explanation, zone: zone))
    }

    private var hasPorts: Bool { ipProtocol == 6 || ipProtocol == 17 }

    static func address(_ text: String) throws -> NetworkAddress {
        guard let address = NetworkAddress(text) else {
            throw ValidationError("'\(text)' is no address: write one like 10.1.2.3 or 2001:db8::1")
        }
        return address
    }
}
