import ArgumentParser
import FlowCore
import Inspection

/// Which sessions are meant; all that is given must hold.
struct FilterOptions: ParsableArguments {
    @OptionGroup var ends: EndOptions

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
            source: ends.source, destination: ends.destination, port: ends.port, ipProtocol: ends.ipProtocol,
            trafficClass: trafficClass,
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
}
