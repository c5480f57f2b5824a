/// What is to be written and has not been: events up to a limit, and the latest value of each key. Pure.
struct HistoryQueue: Equatable {
    private let limit: Int
    private(set) var events: [HistoryEvent] = []
    private var changes: [String: StateChange] = [:]
    /// Events that found no place.
    private(set) var lost: UInt64 = 0
    /// Of these, the ones that the history has not told of yet, and the time of the first.
    private var untold: (count: UInt64, since: UInt64)?

    init(limit: Int) { self.limit = limit }

    static func == (left: HistoryQueue, right: HistoryQueue) -> Bool {
        left.events == right.events && left.changes == right.changes && left.lost == right.lost
    }

    var isEmpty: Bool { events.isEmpty && changes.isEmpty }
    var stateChanges: [StateChange] { changes.values.sorted { $0.key < $1.key } }

    /// State is never lost: there are few keys. Of events the oldest are, as the newest say how things stand.
    mutating func add(_ added: [HistoryEvent], _ state: [StateChange]) {
        for change in state { changes[change.key] = change }
        events += added
        guard events.count > limit else { return }
        let excess = events.count - limit
        untold = (count: (untold?.count ?? 0) + UInt64(excess), since: untold?.since ?? events[0].time)
        lost &+= UInt64(excess)
        events.removeFirst(excess)
    }

    /// What was on a disk that is gone is to be written again, unless there is something newer.
    mutating func addMissing(_ remembered: [String: StateChange]) { changes.merge(remembered) { newer, _ in newer } }

    /// What is to be written now; a gap is told of before what came after it.
    var eventsWithGap: [HistoryEvent] {
        guard let untold else { return events }
        let gap = HistoryEvent(
            time: untold.since, kind: HistoryEvent.gapKind, subject: "history",
            cause: "the history could not be written", detail: ["lost": .count(untold.count)])
        return [gap] + events
    }

    /// The latest value that waits for a key; nil: none does.
    func change(_ key: String) -> StateChange? { changes[key] }

    /// All of it is on the disk.
    mutating func written() {
        events.removeAll(keepingCapacity: false)
        changes.removeAll()
        untold = nil
    }
}

extension HistoryEvent {
    /// Events are missing here: they came while the disk was full, or gone.
    package static let gapKind = "historyGap"
}
