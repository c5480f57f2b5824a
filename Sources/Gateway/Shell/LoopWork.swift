import Glibc
import Synchronization

/// Work that takes long, done by a separate thread for a loop that must not wait (MET-3). When it is done, the thread wakes the loop,
/// which takes the result.
///
/// The thread can't be ended. To abandon the result, release this object; other effects of the body must be harmless then.
final class LoopWork<Output: Sendable>: Sendable {
    private let output: SharedOutput

    private final class SharedOutput: Sendable {
        let value = Mutex<Output?>(nil)
    }

    /// - Parameters:
    ///   - waker: of the loop that takes the result.
    ///   - body: the work.
    /// - Throws: if no thread can be started; nothing is done then.
    init(waking waker: LoopWaker, _ body: @escaping @Sendable () -> Output) throws(SystemError) {
        let output = SharedOutput()
        self.output = output
        try BackgroundThread.start {
            let result = body()
            output.value.withLock { $0 = result }
            waker.wake()
        }
    }

    /// The result, once; nil: the work is not done yet, or the result was taken.
    func take() -> Output? {
        output.value.withLock { value in
            defer { value = nil }
            return value
        }
    }
}

/// Threads that nothing waits for.
enum BackgroundThread {
    /// The usual stack size of a main thread, whatever limit is set: templates are evaluated by recursion.
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
        // Signals are handled by the loop. The thread has its signal mask from the start.
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

    /// Never waits: a full pipe wakes the loop too.
    func wake() {
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
    }

    /// Empties the pipe after the loop has been woken.
    func clear() {
        var buffer = [UInt8](repeating: 0, count: 64)
        while read(fileDescriptor, &buffer, buffer.count) > 0 {}
    }
}
