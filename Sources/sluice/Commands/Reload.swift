import ArgumentParser
import Gateway

/// `sluice reload`
struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let the gateway read its configuration again.",
        discussion: "All of it is applied at once. If it has a mistake, nothing is applied. Sessions are kept.")

    @OptionGroup var gateway: GatewayOption

    func run() throws {
        Console.outputLine(try GatewayClient(gateway: try gateway.resolve()).reload())
    }
}
