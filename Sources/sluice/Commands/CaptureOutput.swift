import Glibc

/// A file or standard output, written in large pieces.
final class CaptureOutput {
    private let path: String
    private let descriptor: Int32
    private var waiting: [UInt8] = []
    /// Bytes written so far, or buffered.
    private(set) var size = 0

    /// - Parameter path: `-` for standard output.
    init(path: String) throws {
        self.path = path
        if path == "-" {
            guard !Console.outputIsTerminal else {
                throw CommandFailure(
                    what: "a capture is binary, a terminal can't show it", next: "name a file: --write packets.pcapng"
                )
            }
            descriptor = STDOUT_FILENO
            return
        }
        // Packets are confidential: only the file's owner may read them.
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("can't be created") }
    }

    deinit { if descriptor > STDERR_FILENO { close(descriptor) } }

    func write(_ bytes: [UInt8]) throws {
        waiting += bytes
        size += bytes.count
        if waiting.count >= 1 << 16 { try flush() }
    }

    func flush() throws {
        var rest = waiting[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                throw failure("can't be written")
            }
            rest = rest.dropFirst(written)
        }
        waiting.removeAll(keepingCapacity: true)
    }

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure(
            what: "\(path) \(what): \(String(cString: strerror(errno)))", next: "name another file with --write")
    }
}
