import Glibc
import NIOCore
import NIOPosix

/// The program's stdin and stdout as one channel, for `--stdio`.
struct StandardStreams: Sendable {
    private let input: CInt
    private let output: CInt
    /// What copies to stdout, if that is a file.
    private let finalCopy: FileCopy?

    /// Takes stdin and stdout, so that nothing else reads or writes them.
    ///
    /// A file can't be waited for. In its place there is a pipe, with a thread that copies.
    init() throws(ResumeProblem) {
        let input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        let output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        guard input >= 0, output >= 0 else {
            throw ResumeProblem("--stdio needs stdin and stdout, and one of them is closed")
        }
        let null = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        dup2(null, STDIN_FILENO)
        // What is printed by mistake is not part of the stream.
        dup2(STDERR_FILENO, STDOUT_FILENO)
        if null > STDERR_FILENO { close(null) }
        if StandardStreams.canBeWaitedFor(input) {
            self.input = input
        } else {
            let ends = try StandardStreams.pipe()
            _ = FileCopy(from: input, to: ends.writing)
            self.input = ends.reading
        }
        if StandardStreams.canBeWaitedFor(output) {
            self.output = output
            finalCopy = nil
        } else {
            let ends = try StandardStreams.pipe()
            finalCopy = FileCopy(from: ends.reading, to: output)
            self.output = ends.writing
        }
    }

    /// Opens a channel that reads on request.
    ///
    /// - Parameter begin: Receives it as soon as it is active, before anything is read.
    /// - Returns: Fails if there can be no channel.
    func open(
        on eventLoop: any EventLoop, begin: @escaping @Sendable (any Channel) -> Void
    ) -> EventLoopFuture<Void> {
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(AcceptedApplication(begin))
            }
        }
        guard isOneSocket else {
            return NIOPipeBootstrap(group: eventLoop)
                .channelOption(.autoRead, value: false)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer(prepare)
                .takingOwnershipOfDescriptors(input: input, output: output).map { _ in }
        }
        // ssh gives its ProxyCommand one socket as both: only shutdown(2) ends one of its directions.
        close(output)
        return ClientBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer(prepare)
            .withConnectedSocket(input).map { _ in }
    }

    /// Waits until everything that was written to stdout is in its file.
    func finish() { finalCopy?.waitUntilDone() }

    private var isOneSocket: Bool {
        var one = stat()
        var other = stat()
        return fstat(input, &one) == 0 && fstat(output, &other) == 0 && one.st_mode & S_IFMT == S_IFSOCK
            && one.st_ino == other.st_ino && one.st_dev == other.st_dev
    }

    private static func canBeWaitedFor(_ descriptor: CInt) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return true }
        switch status.st_mode & S_IFMT {
        case S_IFIFO, S_IFSOCK: return true
        default: return isatty(descriptor) == 1
        }
    }

    private static func pipe() throws(ResumeProblem) -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else {
            throw ResumeProblem("no pipe: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }
}

/// Copies from one descriptor to another in a thread, and closes both.
private final class FileCopy: Sendable {
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let done: EventLoopFuture<Void>

    init(from input: CInt, to output: CInt) {
        pool.start()
        done = pool.runIfActive(eventLoop: MultiThreadedEventLoopGroup.singleton.next()) {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            defer {
                close(input)
                close(output)
            }
            while true {
                let count = read(input, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                var sent = 0
                while sent < count {
                    let written = buffer[sent..<count].withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
                    if written < 0, errno == EINTR { continue }
                    guard written > 0 else { return }
                    sent += written
                }
            }
        }
    }

    func waitUntilDone() { try? done.wait() }
}
