import ArgumentParser
import Inspection
import Policy

/// `sluice policy explain`
struct PolicyExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which rule decides for a 5-tuple, which later rules also match, and whether a session exists.",
        discussion:
            "The kernel program's own evaluator answers, with the active policy. So the answer is the verdict that a packet gets. With --file the same evaluator answers with the rules of a file."
    )

    /// A dynamic port (RFC 6335, 6): a typical source port of a client.
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
        help: "The zone where the packet arrives. Needed if zones have groups.", completion: Completing.zones)
    var zone: String?

    @Option(
        help: "The zone where the packet leaves. Needed if zones have groups.", completion: Completing.zones)
    var destinationZone: String?

    @Flag(name: .customLong("host"), help: "Evaluate the rules for the gateway's own addresses.")
    var forHost = false

    func validate() throws {
        guard source.family == destination.family else {
            throw ValidationError(
                "--source \(source) and --destination \(destination) are of different families: give two of one family")
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

    /// If zones have groups, the answer needs the zones.
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
            throw ValidationError("'\(text)' is not an address: write one like 10.1.2.3 or 2001:db8::1")
        }
        return address
    }
}
