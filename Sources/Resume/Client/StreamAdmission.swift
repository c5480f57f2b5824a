import Logging
import NIOCore
import Synchronization

/// Counts the streams of a client, and limits them.
final class StreamAdmission: Sendable {
    struct Counts: Sendable {
        var streams = 0
        var begun = 0
        var refused = 0
    }

    private let limit: Int
    private let log: Logger
    private let state = Mutex((counts: Counts(), lastLine: NIODeadline.uptimeNanoseconds(0)))

    init(limit: Int, log: Logger) {
        self.limit = limit
        self.log = log
    }

    var counts: Counts { state.withLock { $0.counts } }

    /// Whether another stream may begin. It must be reported as ``ended()``.
    func begin() -> Bool {
        let (isAdmitted, isTimeForLine, refused) = state.withLock { state in
            if state.counts.streams < limit {
                state.counts.streams += 1
                state.counts.begun += 1
                return (true, false, 0)
            }
            state.counts.refused += 1
            // An application that tries again and again does not fill the log.
            let isTime = NIODeadline.now() - state.lastLine > .seconds(1)
            if isTime { state.lastLine = .now() }
            return (false, isTime, state.counts.refused)
        }
        if isTimeForLine {
            log.warning(
                "a connection is reset: the limit of streams is reached; --max-streams sets it",
                metadata: ["max-streams": "\(limit)", "refused": "\(refused)"])
        }
        return isAdmitted
    }

    func ended() { state.withLock { $0.counts.streams -= 1 } }
}
