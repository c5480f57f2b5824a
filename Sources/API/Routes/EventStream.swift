import HummingbirdCore
import Inspection
import NIOCore
import Store

/// Sends a history's events to one client as they occur.
///
/// It stores only the number of the last event that it has sent; everything after that is read from the history. A
/// client that has once caught up and later falls too far behind loses the events in between, and receives their number.
struct EventStream: Sendable {
    /// How many events a client may be behind.
    static let mostBehind = 1000
    /// How many events are read at once.
    private static let portion = 100
    private static let pollInterval = Duration.milliseconds(500)
    private static let commentInterval = Duration.seconds(15)
    /// The delay after which a client reconnects when it has lost its connection.
    private static let retryMilliseconds = 2000

    let history: HistoryAccess
    let filter: HistoryFilter
    /// The last event that the client already has.
    let after: Int64

    /// Runs until the client disconnects.
    @concurrent
    func run(_ writer: inout any ResponseBodyWriter, isConnected: @Sendable () -> Bool) async throws {
        try await writer.write(ByteBuffer(string: "retry: \(Self.retryMilliseconds)\n\n"))
        var last = after
        var hasCaughtUp = false
        var quietSince = ContinuousClock.now
        while isConnected() {
            let text = next(&last, &hasCaughtUp)
            if !text.isEmpty {
                try await writer.write(ByteBuffer(string: text))
                quietSince = .now
                continue
            }
            if ContinuousClock.now - quietSince >= Self.commentInterval {
                try await writer.write(ByteBuffer(string: ": nothing new\n\n"))
                quietSince = .now
            }
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    /// The next text to send; empty if there is none.
    func next(_ last: inout Int64, _ hasCaughtUp: inout Bool) -> String {
        guard let reader = try? history.get(), let newest = try? reader.lastIdentifier() else { return "" }
        // A new history counts from 1 again.
        if newest < last { last = 0 }
        var text = ""
        if hasCaughtUp, newest - last > Int64(Self.mostBehind) {
            let lost = newest - Int64(Self.mostBehind) - last
            last += lost
            text += "event: lost\nid: \(last)\ndata: {\"lost\":\(lost)}\n\n"
        }
        var filter = filter
        filter.after = last
        let events = (try? reader.events(filter, limit: Self.portion)) ?? []
        for event in events { text += Self.text(event) }
        if events.count < Self.portion {
            hasCaughtUp = true
            // Events that the filter rejects are done, too.
            last = max(last, newest)
        } else if let end = events.last?.id {
            last = end
        }
        return text
    }

    /// One event. Its JSON line equals that of `event follow --json`.
    static func text(_ event: HistoryEvent) -> String {
        let data = (try? JSONText.line(EventView(event))) ?? "{}\n"
        return "id: \(event.id)\nevent: \(event.kind)\ndata: \(data)\n"
    }
}
