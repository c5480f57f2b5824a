internal import Fleet
internal import Store

/// The fleet's changes as events of the gateway's history (FLEET-2).
enum FleetHistory {
    /// - Parameter monotonicNow: the clock that the change's time is of, so that the wall's time of then can be told.
    static func event(_ change: FleetChange, monotonicNow: UInt64) -> HistoryEvent {
        let age = monotonicNow > change.time ? monotonicNow - change.time : 0
        return HistoryEvent(
            time: WallTimeSource.nanoseconds() - age, kind: change.kind.rawValue,
            subject: change.instance.map { "instance \($0)" } ?? "fleet", cause: change.cause,
            detail: change.details.mapValues(value))
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
