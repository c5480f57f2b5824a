/// What is to be written and has not been: events up to a limit, and the latest value of each key. Pure.
struct HistoryQueue: Equatable {
    private let limit: Int
    private(set) var events: [HistoryEvent] = []
    private var changes: [String: StateChange] = [:]
    /// Events that were dropped.
    private(set) var lost: UInt64 = 0
    /// The lost events that the history does not mention yet: their number, and the time of the first.
    private var unreported: (count: UInt64, since: UInt64)?

    init(limit: Int) { self.limit = limit }

    static func == (left: HistoryQueue, right: HistoryQueue) -> Bool {
        left.events == right.events && left.changes == right.changes && left.lost == right.lost
    }

    var isEmpty: Bool { events.isEmpty && changes.isEmpty }
    var stateChanges: [StateChange] { changes.values.sorted { $0.key < $1.key } }

    /// State is never dropped, because there are few keys. Of events the oldest are dropped, because the newest
    /// describe the current situation.
    mutating func add(_ added: [HistoryEvent], _ state: [StateChange]) {
        for change in state { changes[change.key] = change }
        events += added
        guard events.count > limit else { return }
        let excess = events.count - limit
        unreported = (count: (unreported?.count ?? 0) + UInt64(excess), since: unreported?.since ?? events[0].time)
        lost &+= UInt64(excess)
        events.removeFirst(excess)
    }

    /// State that was on a lost disk is to be written again, unless there is a newer value.
    mutating func addMissing(_ remembered: [String: StateChange]) { changes.merge(remembered) { newer, _ in newer } }

    /// The events to write now. A gap event comes before the events that follow the gap.
    var eventsWithGap: [HistoryEvent] {
        guard let unreported else { return events }
        let gap = HistoryEvent(
            time: unreported.since, kind: HistoryEvent.gapKind, subject: "history",
            cause: "the history could not be written", detail: ["lost": .count(unreported.count)])
        return [gap] + events
    }

    /// The latest waiting value of a key; nil if there is none.
    func change(_ key: String) -> StateChange? { changes[key] }

    /// Called when all of it is on the disk.
    mutating func written() {
        events.removeAll(keepingCapacity: false)
        changes.removeAll()
        unreported = nil
    }
}

extension HistoryEvent {
    /// Events are missing here, because the disk was full or missing.
    package static let gapKind = "historyGap"
}
