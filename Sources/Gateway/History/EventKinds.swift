internal import Fleet
internal import Store

/// All words that a history has for what happened.
package enum EventKinds {
    /// In the order of the alphabet.
    package static let all: [String] =
        (GatewayEvent.Kind.allCases.map(\.rawValue) + FleetChange.Kind.allCases.map(\.rawValue)
        + [HistoryEvent.gapKind]).sorted()
}
