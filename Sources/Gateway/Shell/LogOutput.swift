import Glibc
import Synchronization

/// Writes lines to a descriptor, and never makes the caller wait (MET-3).
///
/// The caller only appends to a bounded queue. A separate thread writes, and waits if nothing reads the pipe, the terminal is stopped
/// or the disk hangs. A line that does not fit in the queue, or can't be written, is counted. The count is reported by a line as soon
/// as lines can be written again. If the descriptor is connected to the journal, lines go there with their fields (``JournalEntry``).
package final class LogOutput: Sendable {
    package static let standardError: LogOutput = {
        let variable = getenv("JOURNAL_STREAM").map { String(cString: $0) }
        let isJournal = JournalSocket.isJournal(STDERR_FILENO, variable: variable)
        return LogOutput(descriptor: STDERR_FILENO, journal: isJournal ? JournalSocket.standardPath : nil)
    }()
    /// For the one line that a service writes to it.
    package static let standardOutput = LogOutput(descriptor: STDOUT_FILENO)

    /// Bytes that may wait to be written.
    package static let capacityBytes = 1 << 18
    /// If a line waits for longer than this, nothing reads the descriptor.
    private static let patienceNanoseconds: UInt64 = 2_000_000_000

    /// A line, and the entry that the journal gets instead of it.
    private struct Entry {
        var line: [UInt8]
        var journal: [UInt8]?

        var count: Int { line.count + (journal?.count ?? 0) }
    }

    private struct Queue {
        var lines: [Entry] = []
        var bytes = 0
        /// Lines that were not written, and that no line is about to report.
        var lost = 0
        /// Whether lines were dropped because the queue was full.
        var hasGap = false
        /// Lines that were not written, and that the thread reports after the lines before them.
        var reporting = 0
        var isWriting = false
        /// When the thread began its present write, by `CLOCK_MONOTONIC`.
        var writingSince: UInt64 = 0
        var hasThread = false
    }

    private let descriptor: Int32
    /// The socket of journald; nil: the descriptor gets the lines.
    private let journalPath: String?
    private let queue = Mutex(Queue())
    /// Counts batches that wait for the thread. Made once, and never freed, because the thread never ends.
    private let semaphore: SendableSemaphore

    private struct SendableSemaphore: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<sem_t>
    }

    /// - Parameter journal: the socket of journald, if the descriptor is connected to it.
    package init(descriptor: Int32, journal: String? = nil) {
        self.descriptor = descriptor
        journalPath = journal
        let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(pointer, 0, 0)
        semaphore = SendableSemaphore(pointer: pointer)
    }

    /// Queues a line, which ends with a newline. Never waits.
    package func write(_ line: String) { write(line, journal: nil) }

    /// Queues the reason why a process ends. The journal shows it as an error.
    package func writeFailure(_ reason: String) {
        write("Error: \(reason)\n", journal: JournalEntry(priority: .error, message: reason))
    }

    /// - Parameter journal: the entry that the journal gets instead of the line.
    func write(_ line: String, journal: @autoclosure () -> JournalEntry?) {
        let bytes = Entry(line: Array(line.utf8), journal: journalPath == nil ? nil : journal()?.bytes)
        let (isNews, needsThread) = queue.withLock { queue in
            // After a line that did not fit, none is queued until the thread takes the queue: so the report is at the place of the gap.
            guard !queue.hasGap, queue.bytes + bytes.count <= Self.capacityBytes else {
                queue.lost += 1
                // The first dropped line wakes the thread once more, so that the report is written even if no other line comes.
                defer { queue.hasGap = true }
                return (!queue.hasGap, false)
            }
            queue.lines.append(bytes)
            queue.bytes += bytes.count
            defer { queue.hasThread = true }
            return (true, !queue.hasThread)
        }
        if needsThread { startThread() }
        if isNews { sem_post(semaphore.pointer) }
    }

    /// Waits until all is written, for a limited time. For the end of a process.
    package func flush(patienceMicroseconds: UInt32 = 500_000) {
        var waited: UInt32 = 0
        while waited < patienceMicroseconds {
            let isDone = queue.withLock { ($0.lines.isEmpty && !$0.isWriting) || !$0.hasThread }
            if isDone { return }
            usleep(1_000)
            waited += 1_000
        }
    }

    /// Lines that were not written and that no line has reported yet.
    package var lost: Int { queue.withLock { $0.lost + $0.reporting } }

    /// Whether lines wait, and nothing reads the descriptor.
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
        // Signals are handled by the loop.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        let journal = journalPath.map { JournalSocket(path: $0) }
        while true {
            sem_wait(semaphore.pointer)
            let now = Self.now()
            let (lines, lost) = queue.withLock { queue in
                defer {
                    queue.lines = []
                    queue.reporting = queue.lost
                    queue.lost = 0
                    queue.hasGap = false
                    queue.isWriting = true
                    queue.writingSince = now
                }
                return (queue.lines, queue.lost)
            }
            writeAll(lines, lost: lost, journal)
            queue.withLock { $0.isWriting = false }
        }
    }

    private func writeAll(_ lines: [Entry], lost: Int, _ journal: JournalSocket?) {
        for line in lines { written(line, isWritten: put(line, journal)) }
        guard lost > 0 else { return }
        // After the lines before the gap. A report that fails is added to the next one.
        let report = Log.lostReport(count: lost)
        let isReported = put(Entry(line: Array(report.line.utf8), journal: report.entry.bytes), journal)
        queue.withLock { queue in
            queue.reporting = 0
            if !isReported { queue.lost += lost }
        }
    }

    private func written(_ line: Entry, isWritten: Bool) {
        let now = Self.now()
        queue.withLock { queue in
            queue.bytes -= line.count
            queue.writingSince = now
            if !isWritten { queue.lost += 1 }
        }
    }

    private func put(_ entry: Entry, _ journal: JournalSocket?) -> Bool {
        if let journal, let bytes = entry.journal, journal.send(bytes) { return true }
        return put(entry.line)
    }

    /// Writes a line in one call if the descriptor takes it, so that lines of several processes do not mix. Waits without a limit.
    private func put(_ line: [UInt8]) -> Bool {
        var done = 0
        while done < line.count {
            let count = line.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count > 0 {
                done += count
            } else if errno == EAGAIN {
                // Another process that shares the descriptor has made it nonblocking.
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
