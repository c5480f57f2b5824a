import ArgumentParser
import FlowCore
import Inspection
import Policy

/// Which sessions are meant; all that is given must hold.
struct FilterOptions: ParsableArguments {
    @Option(help: "Prefix or address of the end that opened the session.", transform: FilterOptions.prefix)
    var source: AddressPrefix?

    @Option(help: "Prefix or address of the end that it was opened to.", transform: FilterOptions.prefix)
    var destination: AddressPrefix?

    @Option(help: "Port of either end.")
    var port: UInt16?

    @Option(
        name: .customLong("protocol"), help: "Protocol: a name like tcp, or a number.",
        completion: FilterOptions.protocols, transform: FilterOptions.ipProtocol)
    var ipProtocol: UInt8?

    @Option(
        name: .customLong("class"), help: "Traffic class: northSouth or eastWest.",
        completion: FilterOptions.classes.completion, transform: { try FilterOptions.classes.read($0) })
    var trafficClass: TrafficClass?

    @Option(
        help: "State: \(FilterOptions.states.known.joined(separator: ", ")).",
        completion: FilterOptions.states.completion, transform: { try FilterOptions.states.read($0) })
    var state: SessionState?

    @Option(help: "Identifier of the instance that owns the session.", completion: Completing.instances)
    var instance: UInt16?

    var filter: SessionFilter {
        SessionFilter(
            source: source, destination: destination, port: port, ipProtocol: ipProtocol, trafficClass: trafficClass,
            state: state, instance: instance)
    }

    /// The states that a session can be seen in.
    static let states = WordList(
        "state of a session",
        [SessionState.synSent, .synReceived, .established, .closing, .closed, .resetting].map {
            .init(word: "\($0)", value: $0)
        })

    static let classes = WordList(
        "traffic class",
        [.init(word: "northSouth", value: TrafficClass.northSouth), .init(word: "eastWest", value: .eastWest)],
        aliases: [.init(word: "ns", value: .northSouth), .init(word: "ew", value: .eastWest)])

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
