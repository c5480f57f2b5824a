internal import FlowLog
import Glibc
import Synchronization

/// The thread that writes flow logs once a second. If the disk hangs, nothing else waits for it.
final class FlowLogThread: Sendable {
    /// Together with the pause and the write itself, less than the second that a crash may lose (LOG-4).
    fileprivate static let flushNanoseconds: UInt64 = 900_000_000
    fileprivate static let pauseMicroseconds: UInt32 = 50_000

    let queue = FlowLogQueue()
    fileprivate let isStopping = Atomic(false)
    fileprivate let hasEnded = Atomic(false)

    /// The state that only the thread uses.
    fileprivate final class Work {
        let thread: FlowLogThread
        let writer: FlowLogWriter
        let report: (FlowLogState) -> Void

        init(thread: FlowLogThread, writer: FlowLogWriter, report: @escaping (FlowLogState) -> Void) {
            self.thread = thread
            self.writer = writer
            self.report = report
        }
    }

    /// - Parameters:
    ///   - makeWriter: called once; only the thread uses the writer.
    ///   - report: called by the thread when the state has changed.
    init(
        makeWriter: () -> FlowLogWriter, report: @escaping (FlowLogState) -> Void
    ) throws(SystemError) {
        let work = Work(thread: self, writer: makeWriter(), report: report)
        var thread = pthread_t()
        let memory = Unmanaged.passRetained(work)
        let result = pthread_create(
            &thread, nil,
            { memory in
                guard let memory else { return nil }
                Unmanaged<Work>.fromOpaque(memory).takeRetainedValue().run()
                return nil
            }, memory.toOpaque())
        guard result == 0 else {
            memory.release()
            throw SystemError("starting the flow log's thread", errorNumber: result)
        }
        pthread_detach(thread)
    }

    /// Writes everything that is queued, and ends the thread; waits for the given time at most.
    func stop(patienceMicroseconds: UInt32 = 2_000_000) {
        isStopping.store(true, ordering: .releasing)
        var waited: UInt32 = 0
        while !hasEnded.load(ordering: .acquiring), waited < patienceMicroseconds {
            usleep(10_000)
            waited += 10_000
        }
    }
}

extension FlowLogThread.Work {
    fileprivate func run() {
        var flushedAt: UInt64 = 0
        var reported: FlowLogState?
        while true {
            let isStopping = thread.isStopping.load(ordering: .acquiring)
            let now = WallTimeSource.nanoseconds()
            // If the clock is set back, writing continues.
            let isDue = now &- flushedAt >= FlowLogThread.flushNanoseconds || thread.queue.isFilling
            if isDue || isStopping {
                let (entries, omitted) = thread.queue.take()
                writer.flush(entries, omitted: omitted, now: now)
                flushedAt = now
                if reported != writer.state {
                    report(writer.state)
                    reported = writer.state
                }
            }
            if isStopping { break }
            usleep(FlowLogThread.pauseMicroseconds)
        }
        thread.hasEnded.store(true, ordering: .releasing)
    }
}

/// The wall clock.
enum WallTimeSource {
    /// Seconds since 1970.
    static var seconds: Int64 { Int64(nanoseconds() / 1_000_000_000) }

    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
