import Glibc
import Synchronization

/// Ctrl-C and SIGTERM end the run between two steps, so that its namespaces are removed.
enum StopRequest {
    private static let isAsked = Atomic<Bool>(false)

    static func begin() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in StopRequest.isAsked.store(true, ordering: .relaxed) }
        }
    }

    static func check() throws {
        if isAsked.load(ordering: .relaxed) { throw BenchError.interrupted }
    }
}
