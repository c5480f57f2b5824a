import ArgumentParser
import Inspection

/// `sluice policy show`
struct PolicyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "List the active rules, or those of a file, in the order in which they are asked.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var file: PolicyFileOption
    @OptionGroup var output: OutputOption

    @Option(
        help: "Only what this zone's traffic meets, with tags and groups as the prefixes that they stand for.",
        completion: Completing.zones)
    var zone: String?

    func run() throws {
        let rules = try rules()
        let page = PolicyRendering.page(rules, expands: zone != nil, style: Console.style)
        Console.output(output.isJSON ? try JSONText.of(rules) : page)
    }

    private func rules() throws -> [ActiveRule] {
        if let file = try self.file.read() {
            if let zone { _ = try self.file.zoneNumber(zone, in: file) }
            return file.rules(zone: zone)
        }
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        if let zone { _ = try inspector.zoneNumber(zone) }
        return try inspector.activeRules(zone: zone)
    }
}
