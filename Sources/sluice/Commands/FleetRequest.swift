import Gateway
import Inspection

/// Asks the controller of a gateway for a change of its fleet, and says what it answered.
enum FleetRequest {
    /// - Throws: the refusal, with what to do instead.
    static func send(_ request: ControlRequest, _ gateway: GatewayOption, _ output: OutputOption) throws {
        let message = try GatewayClient(gateway: try gateway.resolve()).ask(request).message
        if output.isJSON {
            Console.output(try JSONText.of(MessageReport(message)))
        } else {
            Console.outputLine(message)
        }
    }
}
