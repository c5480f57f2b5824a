import ArgumentParser
import Inspection
import Policy

/// `sluice policy explain`
struct PolicyExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which rule decides about a 5-tuple, which would have matched later, and what session exists.",
        discussion:
            "The kernel's own evaluator answers, with the live policy: what it says is what a packet meets. With --file the same evaluator answers by the rules of a file."
    )

    /// Of the dynamic ports (RFC 6335, 6): what a client's own port may well be.
    static let anySourcePort: UInt16 = 49152

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var file: PolicyFileOption
    @OptionGroup var output: OutputOption

    @Option(
        name: .customLong("protocol"), help: "Protocol: a name like tcp, or a number.",
        completion: EndOptions.protocols, transform: EndOptions.ipProtocol)
    var ipProtocol: UInt8

    @Option(help: "Address of the end that sends the first packet.", transform: PolicyExplain.address)
    var source: NetworkAddress

    @Option(help: "Its port. (default: \(PolicyExplain.anySourcePort) for tcp and udp)")
    var sourcePort: UInt16?

    @Option(help: "Address of the other end.", transform: PolicyExplain.address)
    var destination: NetworkAddress

    @Option(help: "Its port; tcp and udp need it.")
    var destinationPort: UInt16?

    @Option(
        name: [.customLong("zone"), .customLong("source-zone")],
        help: "The zone that the packet comes in by; needed where zones have groups.", completion: Completing.zones)
    var zone: String?

    @Option(
        help: "The zone that it goes out by; needed where zones have groups.", completion: Completing.zones)
    var destinationZone: String?

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
        let explanation = try explanation()
        if output.isJSON {
            Console.output(try JSONText.of(explanation))
        } else {
            Console.page(PolicyRendering.page(explanation))
        }
    }

    private func explanation() throws -> PolicyExplanation {
        var question = question
        if let file = try self.file.read() {
            if let zone { question.sourceZone = try self.file.zoneNumber(zone, in: file) }
            if let destinationZone { question.destinationZone = try self.file.zoneNumber(destinationZone, in: file) }
            try checkZones(of: file.configuration, in: self.file.path ?? "")
            return file.explain(question)
        }
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        let configuration = try inspector.directory.configuration()
        if let zone { question.sourceZone = try inspector.zoneNumber(zone, in: configuration) }
        if let destinationZone {
            question.destinationZone = try inspector.zoneNumber(destinationZone, in: configuration)
        }
        try checkZones(of: configuration, in: "gateway \(inspector.gateway)")
        return try inspector.explain(question, configuration: configuration)
    }

    /// Where groups judge, an answer needs the zones.
    private func checkZones(of configuration: Configuration, in place: String) throws {
        guard !forHost, zone == nil || destinationZone == nil,
            let zone = configuration.zones.first(where: { $0.networkSecurityGroup != nil })
        else { return }
        throw CommandFailure(
            what: "zones of \(place) have groups, so the answer depends on the zones",
            next: "say where the packet comes from and goes to: --zone \(zone.name) --destination-zone NAME")
    }

    private var hasPorts: Bool { ipProtocol == 6 || ipProtocol == 17 }

    static func address(_ text: String) throws -> NetworkAddress {
        guard let address = NetworkAddress(text) else {
            throw ValidationError("'\(text)' is no address: write one like 10.1.2.3 or 2001:db8::1")
        }
        return address
    }
}
