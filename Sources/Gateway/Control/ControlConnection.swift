internal import FoundationEssentials
import Glibc

/// One client of the control socket: it sends a line and receives a line. Never blocks.
final class ControlConnection {
    enum Progress: Equatable {
        case waiting
        case request(ControlRequest)
        /// The input is not a request; the answer says why.
        case refused(ControlResponse)
        /// The client has disconnected, or received its answer.
        case finished
    }

    /// Unique in a server.
    let number: Int
    let descriptor: Int32
    let peer: ControlPeer
    private(set) var deadlineNanoseconds: UInt64
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var written = 0
    private var hasRequest = false

    init(number: Int, descriptor: Int32, isAPI: Bool, now: UInt64) {
        self.number = number
        self.descriptor = descriptor
        peer = ControlPeer(of: descriptor, isAPI: isAPI)
        deadlineNanoseconds = now + ControlLimits.patienceNanoseconds
    }

    deinit { close(descriptor) }

    /// The events to poll for.
    var interest: Int16 { Int16(output.isEmpty ? POLLIN : POLLOUT) }

    /// Reads what has arrived.
    func receive() -> Progress {
        guard !hasRequest else { return .waiting }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .waiting : .finished }
            if count == 0 { return .finished }
            let searchFrom = input.count
            input += buffer[..<count]
            if let end = input[searchFrom...].firstIndex(of: UInt8(ascii: "\n")) {
                hasRequest = true
                return Self.parse(input[..<end])
            }
            if input.count >= ControlLimits.requestBytes {
                hasRequest = true
                return .refused(
                    ControlResponse(
                        ok: false,
                        message: "a request has at most \(ControlLimits.requestBytes) bytes: send smaller ones"))
            }
        }
    }

    /// The answer takes longer: the request is complete, and another timeout applies.
    func waitForAnswer(now: UInt64) { deadlineNanoseconds = now + ControlLimits.longestAnswerNanoseconds }

    /// The server was stopped for this time, so the client's deadline moves by it.
    func wasAway(nanoseconds: UInt64) { deadlineNanoseconds += nanoseconds }

    /// Begins to answer. The client has a limited time to read it.
    func answer(_ response: ControlResponse, now: UInt64) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(response) else { preconditionFailure("a response has no JSON form") }
        output = Array(data) + [UInt8(ascii: "\n")]
        deadlineNanoseconds = now + ControlLimits.patienceNanoseconds
    }

    /// Continues to send the answer.
    func flush() -> Progress {
        while written < output.count {
            let count = output.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .waiting : .finished }
            written += count
        }
        return output.isEmpty ? .waiting : .finished
    }

    static func parse(_ line: ArraySlice<UInt8>) -> Progress {
        struct CommandOnly: Decodable { let command: String }
        let data = Data(line)
        let decoder = JSONDecoder()
        let commands = ControlRequest.Command.allCases.map(\.rawValue).joined(separator: ", ")
        do {
            let request = try decoder.decode(ControlRequest.self, from: data)
            if let count = request.sessions?.count, count > ControlLimits.sessionsPerRequest {
                return .refused(
                    ControlResponse(
                        ok: false,
                        message: "\(count) sessions in one request: send at most \(ControlLimits.sessionsPerRequest)"))
            }
            return .request(request)
        } catch {
            if let known = try? decoder.decode(CommandOnly.self, from: data),
                ControlRequest.Command(rawValue: known.command) == nil
            {
                return .refused(
                    ControlResponse(ok: false, message: "unknown command '\(known.command)': write one of \(commands)"))
            }
            return .refused(
                ControlResponse(
                    ok: false,
                    message: #"not a request: write one line of JSON like {"command":"ping"}; commands: \#(commands)"#))
        }
    }
}
