internal import FoundationEssentials
import Glibc

/// Sends requests to a running gateway's controller: used by every command that changes something.
package struct GatewayClient: Sendable {
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// There is no run directory of this gateway, or its controller is dead.
        case notRunning(gateway: String)
        /// The socket belongs to another user.
        case notPermitted(gateway: String)
        /// The controller did not answer in time.
        case noAnswer(gateway: String, seconds: Int)
        /// The answer can't be read; the controller may be of another version.
        case unreadable(gateway: String, answer: String)
        /// The controller refused; the message says why and what to do.
        case refused(String)
        case system(SystemError)

        package var description: String {
            switch self {
            case .notRunning(let gateway):
                "no gateway named \(gateway) is running; start it with `sluice run --config FILE`"
            case .notPermitted(let gateway):
                "the control socket of gateway \(gateway) belongs to another user: run this as root"
            case .noAnswer(let gateway, let seconds):
                "gateway \(gateway) did not answer within \(seconds) s: see `sluice status --gateway \(gateway)`"
            case .unreadable(let gateway, let answer):
                "gateway \(gateway) answered '\(answer.prefix(80))', which this sluice can't read: "
                    + "use the version of sluice that runs the gateway"
            case .refused(let message): message
            case .system(let error): "\(error)"
            }
        }
    }

    package let directory: RunDirectory
    /// Timeout for an answer. A reload of a large policy with millions of sessions to judge takes some time.
    package var patienceSeconds = 60

    /// Whether this is the process of the HTTP API, which has a separate socket.
    private var isAPI = false

    package init(directory: RunDirectory) { self.directory = directory }

    /// - Parameter isAPI: whether to use the socket of the HTTP API's process, where each request carries a token.
    package init(directory: RunDirectory, isAPI: Bool) {
        self.directory = directory
        self.isAPI = isAPI
    }
    package init(gateway: String) { self.init(directory: RunDirectory(gateway: gateway)) }

    package func ping() throws(Failure) { _ = try ask(ControlRequest(.ping)) }

    /// - Returns: a summary of the changes, for people.
    package func reload() throws(Failure) -> String { try ask(ControlRequest(.reload)).message }

    package func stop() throws(Failure) { _ = try ask(ControlRequest(.stop)) }

    /// Resets sessions, in as many requests as necessary (RST-5).
    ///
    /// - Returns: how many were reset or ended; the others had ended before.
    package func reset(_ sessions: [SessionReference]) throws(Failure) -> Int {
        var count = 0
        var rest = sessions[...]
        while !rest.isEmpty {
            let part = rest.prefix(ControlLimits.sessionsPerRequest)
            rest = rest.dropFirst(part.count)
            count += try ask(ControlRequest(.sessionReset, sessions: Array(part))).count ?? 0
        }
        return count
    }

    /// Sends a request and waits for its answer.
    ///
    /// - Throws: also ``Failure/refused(_:)``.
    package func ask(_ request: ControlRequest) throws(Failure) -> ControlResponse {
        let response = try exchange(request)
        guard response.ok else { throw .refused(response.message) }
        return response
    }

    /// Sends a request and waits for its answer, which may be a refusal.
    package func exchange(_ request: ControlRequest) throws(Failure) -> ControlResponse {
        let descriptor = try connected()
        defer { close(descriptor) }
        guard let data = try? JSONEncoder().encode(request) else { preconditionFailure("a request has no JSON form") }
        try send(Array(data) + [UInt8(ascii: "\n")], to: descriptor)
        let line = try receiveLine(descriptor)
        guard let response = try? JSONDecoder().decode(ControlResponse.self, from: Data(line)) else {
            throw .unreadable(gateway: directory.gateway, answer: String(decoding: line, as: UTF8.self))
        }
        return response
    }

    private var socketPath: String { isAPI ? directory.apiSocketPath : directory.controlSocketPath }

    private func connected() throws(Failure) -> Int32 {
        do throws(SystemError) {
            let descriptor = try UnixSocket.make()
            let status: Int32
            do throws(SystemError) {
                status = try UnixSocket.withAddress(of: socketPath) { connect(descriptor, $0, $1) }
            } catch {
                close(descriptor)
                throw error
            }
            if status == 0 {
                var limit = timeval(tv_sec: patienceSeconds, tv_usec: 0)
                let size = socklen_t(MemoryLayout<timeval>.size)
                _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
                _ = setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
                return descriptor
            }
            let errorNumber = errno
            close(descriptor)
            throw SystemError("connecting to \(socketPath)", errorNumber: errorNumber)
        } catch {
            switch error.errorNumber {
            case ENOENT, ECONNREFUSED, ENOTDIR: throw .notRunning(gateway: directory.gateway)
            case EACCES, EPERM: throw .notPermitted(gateway: directory.gateway)
            default: throw .system(error)
            }
        }
    }

    private func send(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            // It may have answered before it read the whole request: a refusal. Read that.
            if count < 0 && (errno == EPIPE || errno == ECONNRESET) { return }
            guard count > 0 else { throw failure() }
            done += count
        }
    }

    private func receiveLine(_ descriptor: Int32) throws(Failure) -> ArraySlice<UInt8> {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            // It ended before it answered: it was killed, or is stopping.
            if count == 0 { throw .notRunning(gateway: directory.gateway) }
            line += buffer[..<count]
            if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return line[..<end] }
            guard line.count < ControlLimits.requestBytes else {
                throw .unreadable(gateway: directory.gateway, answer: "more than \(line.count) bytes")
            }
        }
    }

    private func failure() -> Failure {
        let errorNumber = errno
        if errorNumber == EAGAIN { return .noAnswer(gateway: directory.gateway, seconds: patienceSeconds) }
        return .system(SystemError("talking to gateway \(directory.gateway)", errorNumber: errorNumber))
    }
}
