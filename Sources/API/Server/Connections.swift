import NIOCore
import Synchronization

/// The connections that there are, and which of them may stay (API-5).
///
/// Where there is no room, the one that has kept the server waiting for a request the longest makes it. So whoever opens many and sends
/// nothing costs only their own; and where all are being answered, who comes is turned away.
final class Connections: Sendable {
    private struct Entry {
        let channel: any Channel
        /// Since when it has no complete request under way; nil: it is being answered.
        var waitsSince: UInt64?
    }

    private let limit: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(limit: Int) { self.limit = limit }

    var count: Int { entries.withLock { $0.count } }

    /// Takes a new connection in; false: there is no room for it.
    func admit(_ channel: any Channel, now: UInt64) -> Bool {
        let (isAdmitted, leaves) = entries.withLock { entries -> (Bool, (any Channel)?) in
            var leaves: (any Channel)?
            if entries.count >= limit {
                let waiting = entries.filter { $0.value.waitsSince != nil }
                guard let longest = waiting.min(by: { ($0.value.waitsSince ?? 0) < ($1.value.waitsSince ?? 0) }) else {
                    return (false, nil)
                }
                leaves = longest.value.channel
                entries[longest.key] = nil
            }
            entries[ObjectIdentifier(channel)] = Entry(channel: channel, waitsSince: now)
            return (true, leaves)
        }
        leaves?.close(promise: nil)
        return isAdmitted
    }

    /// - Parameter since: since when it waits for a request; nil: one is complete.
    func waits(_ channel: any Channel, since: UInt64?) {
        entries.withLock { $0[ObjectIdentifier(channel)]?.waitsSince = since }
    }

    func remove(_ channel: any Channel) { entries.withLock { $0[ObjectIdentifier(channel)] = nil } }
}
