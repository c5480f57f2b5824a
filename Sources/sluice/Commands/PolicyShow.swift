import ArgumentParser
import Inspection

/// `sluice policy show`
struct PolicyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "List the active rules in the order in which they are asked.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    func run() throws {
        let rules = try GatewayInspector(gateway: try gateway.resolve()).activeRules()
        Console.output(output.isJSON ? try JSONText.of(rules) : PolicyRendering.page(rules, style: Console.style))
    }
}
