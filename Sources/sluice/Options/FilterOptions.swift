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
        transform: FilterOptions.ipProtocol)
    var ipProtocol: UInt8?

    @Option(
        name: .customLong("class"), help: "Traffic class: northSouth or eastWest.",
        transform: FilterOptions.trafficClass)
    var trafficClass: TrafficClass?

    @Option(
        help: "State: \(FilterOptions.states.map { "\($0)" }.joined(separator: ", ")).", transform: FilterOptions.state)
    var state: SessionState?

    @Option(help: "Identifier of the instance that owns the session.")
    var instance: UInt16?

    var filter: SessionFilter {
        SessionFilter(
            source: source, destination: destination, port: port, ipProtocol: ipProtocol, trafficClass: trafficClass,
            state: state, instance: instance)
    }

    /// The states that a session can be seen in.
    static let states: [SessionState] = [.synSent, .synReceived, .established, .closing, .closed, .resetting]

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
                "'\(text)' is no protocol: write one of \(ProtocolName.known), or a number from 0 to 255")
        }
        return number
    }

    static func trafficClass(_ text: String) throws -> TrafficClass {
        switch text.lowercased().filter({ $0 != "-" }) {
        case "northsouth", "ns": return .northSouth
        case "eastwest", "ew": return .eastWest
        default: throw ValidationError("'\(text)' is no traffic class: write northSouth or eastWest")
        }
    }

    static func state(_ text: String) throws -> SessionState {
        let wanted = text.lowercased().filter { $0 != "-" }
        guard let state = states.first(where: { "\($0)".lowercased() == wanted }) else {
            let known = states.map { "\($0)" }.joined(separator: ", ")
            throw ValidationError("'\(text)' is no state of a session: write one of \(known)")
        }
        return state
    }
}
