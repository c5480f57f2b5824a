import ArgumentParser
import Dispatch
import Glibc

/// Turns Ctrl-C and SIGTERM into a cancellation, so that the lab is taken down before the program ends.
enum Interruption {
    /// Runs `body`, and cancels it at the first signal. Then the program ends with exit code 130, after `body` has ended.
    static func cancelling<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws
        -> Result
    {
        let task = Task { try await body() }
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                Console.note("\ninterrupted: cleaning up")
                task.cancel()
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        let result = await task.result
        guard !task.isCancelled else { throw ExitCode(130) }
        return try result.get()
    }
}
