import ArgumentParser
import Inspection

/// `sluice session show`
struct SessionShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show all that is known of a session.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Argument(
        help: "The session's id, as 'sluice session list' shows it.", completion: Completing.sessions,
        transform: SessionShow.identifier)
    var id: SessionIdentifier

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        guard let session = inspector.session(id) else {
            throw CommandFailure(
                what: "gateway \(inspector.gateway) has no session \(id): it has ended, or never was",
                next: "sluice session list --gateway \(inspector.gateway)")
        }
        if output.isJSON {
            Console.output(try JSONText.of(session))
        } else {
            Console.page(SessionRendering.page(session))
        }
    }

    static func identifier(_ text: String) throws -> SessionIdentifier {
        guard let identifier = SessionIdentifier(text) else {
            throw ValidationError(
                "'\(text)' is no session's id: write one like 1a2b-7, as 'sluice session list' shows it")
        }
        return identifier
    }
}
