import ArgumentParser
import Inspection
import Policy

/// `sluice policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Rules, and their decisions.",
        subcommands: [PolicyCheck.self, PolicyDiff.self, PolicyExplain.self, PolicyShow.self])
}

/// `sluice policy check`
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check that the rules of a configuration file can be compiled.")

    @OptionGroup var output: OutputOption

    @Argument(help: "The file: sluice.yaml.", completion: Completing.configurations)
    var file: String

    func run() throws {
        try ConfigurationReport(checkingRulesOf: file).show(asJSON: output.isJSON, command: "policy check")
    }
}

/// `sluice policy diff`
struct PolicyDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what a configuration file would change: rules, and the live sessions that would end.",
        discussion: "Nothing is applied. To apply the file, put it in place and run: sluice reload")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Argument(help: "The file: sluice.yaml.", completion: Completing.configurations)
    var file: String

    func run() throws {
        let report = ConfigurationReport(checkingRulesOf: file)
        guard report.isValid else { return try report.show(asJSON: output.isJSON, command: "policy check") }
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        let preview = try inspector.preview(of: try Configuration.read(path: file))
        if output.isJSON {
            Console.output(try JSONText.of(preview))
        } else {
            Console.page(PolicyPreviewRendering.page(preview, file: file))
        }
    }
}

/// `sluice policy show`
struct PolicyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "List the active rules, or those of a file, in the order of their evaluation.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var file: PolicyFileOption
    @OptionGroup var output: OutputOption

    @Option(
        help: "Only the rules for this zone's traffic, with tags and groups expanded to their prefixes.",
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
