import NIOCore
import SluiceResilienceNIO
import Synchronization
import Testing

/// What an application at the server's end has read.
final class Received: Sendable {
    struct State {
        var text = ""
        var isAtEnd = false
        var error: (any Error)?
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    @Sendable func collect(_ stream: ResumableStream, _: String, _: String) async {
        do {
            for try await bytes in stream {
                let text = String(buffer: bytes)
                state.withLock { $0.text += text }
            }
            state.withLock { $0.isAtEnd = true }
        } catch {
            state.withLock { $0.error = error }
        }
    }

    /// Waits for a condition.
    func wait(_ isMet: (State) -> Bool) async throws {
        for _ in 0..<3000 {
            if isMet(current) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("waited for 30 s; received: \(current)")
    }
}
