import ArgumentParser
import Gateway

/// `sluice reload`
struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the gateway read its configuration again.",
        discussion: "All of it is applied at once, or, where it has a mistake, nothing. Sessions are kept.")

    @OptionGroup var gateway: GatewayOption

    func run() throws {
        Console.outputLine(try GatewayClient(gateway: try gateway.resolve()).reload())
    }
}
