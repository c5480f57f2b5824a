import NIOCore
import Synchronization

/// The open connections, and which of them may stay (API-5).
///
/// If there is no room, the connection that has been without a request for the longest time is closed. So a client that
/// opens many connections and sends nothing only loses its own. If all of them are being answered, the new connection
/// is refused.
final class Connections: Sendable {
    private struct Entry {
        let channel: any Channel
        /// Since when it has had no complete request; nil while a request is being answered.
        var waitsSince: UInt64?
    }

    private let limit: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(limit: Int) { self.limit = limit }

    var count: Int { entries.withLock { $0.count } }

    /// Admits a new connection. Returns false if there is no room for it.
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

    /// - Parameter since: since when it has waited for a request; nil if a request is complete.
    func waits(_ channel: any Channel, since: UInt64?) {
        entries.withLock { $0[ObjectIdentifier(channel)]?.waitsSince = since }
    }

    func remove(_ channel: any Channel) { entries.withLock { $0[ObjectIdentifier(channel)] = nil } }
}
