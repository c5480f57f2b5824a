import ArgumentParser
import Inspection
import Policy

/// `sluice policy diff`
struct PolicyDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what a configuration file would change: rules, and the live sessions that would end.",
        discussion: "Nothing is applied. To apply it, put the file in place and run: sluice reload")

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
