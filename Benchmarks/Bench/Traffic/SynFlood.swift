import CFrames
import Glibc
import Synchronization

/// SYNs of new sessions from a separate thread on one core, until it is ended or its session numbers are used up.
final class SynFlood: Sendable {
    private let isEnding = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    private let sent = Atomic<Int>(0)
    private let start = CPUMeter.nanoseconds(CLOCK_MONOTONIC)

    /// The limit of a flood that is never ended: about a minute.
    private static let most = 1 << 24
    private static let batch = 4096

    init(host: BenchHost, core: Int, firstFlow: Int) throws {
        let work = Work(
            flood: self, sender: try FrameSender(.syn, host: host),
            core: core, firstFlow: firstFlow)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(work)
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            context.release()
            throw BenchError.system(call: "pthread_create", reason: String(cString: strerror(result)))
        }
        pthread_detach(thread)
    }

    /// Ends it, and returns the SYNs per second that it has sent.
    func end() -> Double {
        let seconds = Double(CPUMeter.nanoseconds(CLOCK_MONOTONIC) - start) / 1e9
        isEnding.store(true, ordering: .relaxed)
        while !hasEnded.load(ordering: .acquiring) { usleep(1000) }
        return Double(sent.load(ordering: .relaxed)) / seconds
    }

    /// The state of the thread.
    private final class Work {
        let flood: SynFlood
        let sender: FrameSender
        let core: Int
        let firstFlow: Int

        init(flood: SynFlood, sender: FrameSender, core: Int, firstFlow: Int) {
            self.flood = flood
            self.sender = sender
            self.core = core
            self.firstFlow = firstFlow
        }

        func run() {
            if bench_bind_to_core(Int32(core)) != 0 {
                Progress.note("the flood could not be bound to a core: \(reason())")
            }
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -20)
            var count = 0
            while count < SynFlood.most, !flood.isEnding.load(ordering: .relaxed) {
                let first = firstFlow + count
                do {
                    try sender.send(SynFlood.batch) { frame, index in frame.writeSyn(Flow(number: first + index)) }
                } catch {
                    Progress.note("the flood ended early: \(error)")
                    break
                }
                count += SynFlood.batch
                flood.sent.store(count, ordering: .relaxed)
            }
            flood.hasEnded.store(true, ordering: .releasing)
        }
    }
}
