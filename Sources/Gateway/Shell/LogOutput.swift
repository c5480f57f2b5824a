import Glibc
import Synchronization

/// Writes lines to a descriptor without ever making anybody wait (MET-3).
///
/// Whoever logs only appends to a bounded queue. A thread of its own writes, and waits where nobody reads the pipe, the terminal is
/// stopped or the disk hangs. What finds no room in the queue, or can't be written, is counted, and reported by a line as soon as lines
/// can be written again.
package final class LogOutput: Sendable {
    package static let standardError = LogOutput(descriptor: STDERR_FILENO)
    /// For the one word that a service says on it.
    package static let standardOutput = LogOutput(descriptor: STDOUT_FILENO)

    /// Bytes that may wait to be written.
    package static let capacityBytes = 1 << 18
    /// A line that waits for longer has nobody who reads it.
    private static let patienceNanoseconds: UInt64 = 2_000_000_000

    private struct Queue {
        var lines: [[UInt8]] = []
        var bytes = 0
        /// Lines that were not written, and that no line is about to report.
        var lost = 0
        /// Lines that were not written, and that the thread reports when those before them are written.
        var reporting = 0
        var isWriting = false
        /// When the thread began to write what it is writing, by `CLOCK_MONOTONIC`.
        var writingSince: UInt64 = 0
        var hasThread = false
    }

    private let descriptor: Int32
    private let queue = Mutex(Queue())
    /// Counts batches that wait for the thread. Made once, and never freed: the thread has no end.
    private let semaphore: SendableSemaphore

    private struct SendableSemaphore: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<sem_t>
    }

    package init(descriptor: Int32) {
        self.descriptor = descriptor
        let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(pointer, 0, 0)
        semaphore = SendableSemaphore(pointer: pointer)
    }

    /// Has a line written; it ends with a newline. Never waits.
    package func write(_ line: String) {
        let bytes = Array(line.utf8)
        let (isNews, needsThread) = queue.withLock { queue in
            guard queue.bytes + bytes.count <= Self.capacityBytes else {
                queue.lost += 1
                // The first of them wakes the thread once more, so that it says so even if no other line comes.
                return (queue.lost == 1, false)
            }
            queue.lines.append(bytes)
            queue.bytes += bytes.count
            defer { queue.hasThread = true }
            return (true, !queue.hasThread)
        }
        if needsThread { startThread() }
        if isNews { sem_post(semaphore.pointer) }
    }

    /// Waits until all is written, but not for long: for the end of a process.
    package func flush(patienceMicroseconds: UInt32 = 500_000) {
        var waited: UInt32 = 0
        while waited < patienceMicroseconds {
            let isDone = queue.withLock { ($0.lines.isEmpty && !$0.isWriting) || !$0.hasThread }
            if isDone { return }
            usleep(1_000)
            waited += 1_000
        }
    }

    /// Lines that were not written and of which no line has said so yet.
    package var lost: Int { queue.withLock { $0.lost + $0.reporting } }

    /// Whether lines wait, and nobody takes them.
    package var isStuck: Bool {
        let now = Self.now()
        return queue.withLock { $0.isWriting && now > $0.writingSince + Self.patienceNanoseconds }
    }

    // MARK: The thread

    private func startThread() {
        var thread = pthread_t()
        let memory = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { memory in
                guard let memory else { return nil }
                Unmanaged<LogOutput>.fromOpaque(memory).takeRetainedValue().run()
            }, memory.toOpaque())
        guard result != 0 else {
            pthread_detach(thread)
            return
        }
        memory.release()
        queue.withLock { queue in
            queue.lost += queue.lines.count
            queue.lines = []
            queue.bytes = 0
            queue.hasThread = false
        }
    }

    private func run() -> Never {
        // Signals are the loop's.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        while true {
            sem_wait(semaphore.pointer)
            let now = Self.now()
            let (lines, lost) = queue.withLock { queue in
                defer {
                    queue.lines = []
                    queue.reporting = queue.lost
                    queue.lost = 0
                    queue.isWriting = true
                    queue.writingSince = now
                }
                return (queue.lines, queue.lost)
            }
            writeAll(lines, lost: lost)
            queue.withLock { $0.isWriting = false }
        }
    }

    private func writeAll(_ lines: [[UInt8]], lost: Int) {
        for line in lines { written(line, isWritten: put(line)) }
        guard lost > 0 else { return }
        // After the lines before the gap. One that fails is reported with the next.
        let isReported = put(Array(Log.lostLine(count: lost).utf8))
        queue.withLock { queue in
            queue.reporting = 0
            if !isReported { queue.lost += lost }
        }
    }

    private func written(_ line: [UInt8], isWritten: Bool) {
        let now = Self.now()
        queue.withLock { queue in
            queue.bytes -= line.count
            queue.writingSince = now
            if !isWritten { queue.lost += 1 }
        }
    }

    /// One call where the descriptor takes it, so that lines of several processes do not mix. Waits as long as it takes.
    private func put(_ line: [UInt8]) -> Bool {
        var done = 0
        while done < line.count {
            let count = line.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count > 0 {
                done += count
            } else if errno == EAGAIN {
                // Somebody else who shares the descriptor has made it so.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wanted, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
