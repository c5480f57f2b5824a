import Store
import TestSupport

/// A temporary directory with a history. It is removed when the value is deinitialized.
final class HistoryPlace {
    private let temporary = TemporaryDirectory()
    var directory: String { temporary.path }
    var path: String { HistoryPath.of(gateway: "edge", in: directory) }

    func open(now: UInt64 = 1, limits: HistoryLimits = HistoryLimits()) throws -> History {
        try History(gateway: "edge", stateDirectory: directory, limits: limits, now: now)
    }

    func events(_ filter: HistoryFilter = HistoryFilter(), limit: Int = 1000) throws -> [HistoryEvent] {
        try HistoryReader(path: path).events(filter, limit: limit)
    }
}

/// An event at a given second.
func event(
    _ second: UInt64, _ kind: String = "instanceStarted", _ subject: String = "instance 1",
    detail: [String: HistoryValue] = [:]
) -> HistoryEvent {
    HistoryEvent(time: second * 1_000_000_000, kind: kind, subject: subject, cause: "asked for", detail: detail)
}

extension Sequence<HistoryEvent> {
    var seconds: [UInt64] { map { $0.time / 1_000_000_000 } }
}
