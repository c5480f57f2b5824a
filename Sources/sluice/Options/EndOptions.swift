import ArgumentParser
import Inspection
import Policy

/// The ends that a session, a packet or a flow is filtered by; all that is given must hold.
struct EndOptions: ParsableArguments {
    @Option(
        help: "Prefix or address of the source: of who opened the session, or sent the packet.",
        transform: EndOptions.prefix)
    var source: AddressPrefix?

    @Option(help: "Prefix or address of the destination.", transform: EndOptions.prefix)
    var destination: AddressPrefix?

    @Option(help: "Port of either end.")
    var port: UInt16?

    @Option(
        name: .customLong("protocol"), help: "Protocol: a name like tcp, or a number.",
        completion: EndOptions.protocols, transform: EndOptions.ipProtocol)
    var ipProtocol: UInt8?

    static var protocols: CompletionKind { .list(ProtocolName.all) }

    static func prefix(_ text: String) throws -> AddressPrefix {
        do {
            return try AddressPrefix(parsing: text)
        } catch {
            throw ValidationError("'\(text)' \(error)")
        }
    }

    static func ipProtocol(_ text: String) throws -> UInt8 {
        guard let number = ProtocolName.read(text) else {
            throw ValidationError(
                "'\(text)' is no protocol\(WordText.suggestion(for: text, among: ProtocolName.all)): write one of "
                    + "\(ProtocolName.known), or a number from 0 to 255")
        }
        return number
    }
}
