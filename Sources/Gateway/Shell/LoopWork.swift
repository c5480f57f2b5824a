import Glibc
import Synchronization

/// Work that takes long, done by a thread of its own for a loop that must not wait (MET-3). The loop is woken when it is done, and
/// takes the result.
///
/// The thread can't be ended. Who needs the result no more lets go of this; what the body does beyond its result must be harmless
/// then.
final class LoopWork<Output: Sendable>: Sendable {
    private let output: SharedOutput

    private final class SharedOutput: Sendable {
        let value = Mutex<Output?>(nil)
    }

    /// - Parameters:
    ///   - waker: of the loop that takes the result.
    ///   - body: what is to be done.
    /// - Throws: where no thread can be had; nothing is done then.
    init(waking waker: LoopWaker, _ body: @escaping @Sendable () -> Output) throws(SystemError) {
        let output = SharedOutput()
        self.output = output
        try BackgroundThread.start {
            let result = body()
            output.value.withLock { $0 = result }
            waker.wake()
        }
    }

    /// The result, once; nil: it is not there yet.
    func take() -> Output? {
        output.value.withLock { value in
            defer { value = nil }
            return value
        }
    }
}

/// Threads that nobody waits for.
enum BackgroundThread {
    /// As much as a main thread usually has, whatever limit is set: templates are evaluated by recursion.
    private static let stackBytes = 8 << 20

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // Signals are the loop's; the thread has its mask from the start.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let memory = Unmanaged.passRetained(Body(body))
        let result = pthread_create(
            &thread, &attributes,
            { memory in
                guard let memory else { return nil }
                Unmanaged<Body>.fromOpaque(memory).takeRetainedValue().run()
                return nil
            }, memory.toOpaque())
        guard result == 0 else {
            memory.release()
            throw SystemError("starting a thread", errorNumber: result)
        }
    }
}

/// Wakes a loop that waits in poll(2), from any thread.
final class LoopWaker: Sendable {
    /// To be polled for reading.
    let fileDescriptor: Int32
    private let writeEnd: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError("making a pipe for threads") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        fileDescriptor = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(fileDescriptor)
        close(writeEnd)
    }

    /// Never waits: a pipe that is full wakes the loop all the same.
    func wake() {
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
    }

    /// The loop is awake.
    func clear() {
        var buffer = [UInt8](repeating: 0, count: 64)
        while read(fileDescriptor, &buffer, buffer.count) > 0 {}
    }
}
