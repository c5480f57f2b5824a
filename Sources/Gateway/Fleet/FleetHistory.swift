internal import Fleet
internal import Store

/// The fleet's changes as events of the gateway's history (FLEET-2).
enum FleetHistory {
    /// - Parameters:
    ///   - time: nanoseconds since 1970. Directives are executed at once, so this is the present time.
    ///   - requester: who asked for it; nil: no one.
    static func event(_ change: FleetChange, time: UInt64, by requester: String? = nil) -> HistoryEvent {
        var detail = change.details.mapValues(value)
        detail[GatewayEvent.by] = requester.map { .text($0) }
        return HistoryEvent(
            time: time, kind: change.kind.rawValue, subject: change.instance.map(GatewayEvent.subject) ?? "fleet",
            cause: change.cause, detail: detail)
    }

    private static func value(_ detail: FleetChange.Detail) -> HistoryValue {
        switch detail {
        case .text(let text): return .text(text)
        case .number(let number):
            if let whole = Int64(exactly: number) { return .integer(whole) }
            return .number(number)
        }
    }

    static func text(_ detail: FleetChange.Detail) -> String {
        switch detail {
        case .text(let text): return text
        case .number(let number):
            if let whole = Int64(exactly: number) { return "\(whole)" }
            return "\(Double(Int64(number * 1000)) / 1000)"
        }
    }
}
