internal import FlowLog
import Synchronization

/// The queue between the instance's loop and the thread that writes. Putting never waits for a disk: if the queue is full, new entries are
/// counted and dropped.
final class FlowLogQueue: Sendable {
    static let limit = 1 << 20
    /// The maximum number of denies in the queue, so that a flood of them does not displace the ends of sessions.
    static let denyLimit = 1 << 16

    private struct Content {
        var entries: [FlowEntry] = []
        var denies = 0
        var omitted = Omissions()
    }

    private let content = Mutex(Content())

    func put(_ entries: [FlowEntry], omitted: Omissions = Omissions()) {
        content.withLock { content in
            content.omitted += omitted
            for entry in entries {
                if entry.state == .deny {
                    guard content.denies < Self.denyLimit else {
                        content.omitted.denies &+= 1
                        continue
                    }
                    content.denies += 1
                }
                guard content.entries.count < Self.limit else {
                    content.omitted.entries &+= 1
                    continue
                }
                content.entries.append(entry)
            }
        }
    }

    func take() -> (entries: [FlowEntry], omitted: Omissions) {
        content.withLock { content in
            let taken = content
            content = Content()
            return (taken.entries, taken.omitted)
        }
    }

    /// Whether the writer should write before its next second.
    var isFilling: Bool { content.withLock { $0.entries.count > Self.limit / 16 } }
}
