import HummingbirdCore
import Inspection
import NIOCore
import Store

/// Sends a history's events as they come, to one client.
///
/// It keeps nothing but the number of the event that it has sent last: what the client has not taken yet is in the history. One that falls
/// behind by too much, once it has caught up, loses what lies between, and is told how much.
struct EventStream: Sendable {
    /// Events that a client may be behind.
    static let mostBehind = 1000
    /// Events that are read at once.
    private static let portion = 100
    private static let lookInterval = Duration.milliseconds(500)
    private static let commentInterval = Duration.seconds(15)
    /// After which a client that lost its connection comes back.
    private static let retryMilliseconds = 2000

    let history: HistoryAccess
    let filter: HistoryFilter
    /// The event that the client has already.
    let after: Int64

    /// Until the client goes.
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
            try await Task.sleep(for: Self.lookInterval)
        }
    }

    /// What is to be sent now; empty: nothing.
    func next(_ last: inout Int64, _ hasCaughtUp: inout Bool) -> String {
        guard let reader = try? history.get(), let newest = try? reader.lastIdentifier() else { return "" }
        // A history that was begun anew counts from 1 again.
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
            // What the filter leaves out is behind us, too.
            last = max(last, newest)
        } else if let end = events.last?.id {
            last = end
        }
        return text
    }

    /// One event; its line of JSON is that of `event follow --json`.
    static func text(_ event: HistoryEvent) -> String {
        let data = (try? JSONText.line(EventView(event))) ?? "{}\n"
        return "id: \(event.id)\nevent: \(event.kind)\ndata: \(data)\n"
    }
}
