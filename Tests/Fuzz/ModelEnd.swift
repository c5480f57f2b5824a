/// An end of a stream as docs/resume-protocol.md describes it, slow and simple: a direction is an array of symbols, and a
/// position is an index. Shares no code with `StreamEnd`.
struct ModelEnd {
    static let finish: UInt16 = 256
    static let reset: UInt16 = 257

    /// What an application is to see: bytes, FIN, RST; or the cause of a close from 1000 on.
    typealias Symbol = UInt16

    struct Violation: Error {}

    let isClient: Bool
    let bufferBytes: Int

    /// All that the application ever sent.
    var sent: [Symbol] = []
    var acknowledged = 0
    /// The next position on this connection.
    var next = 0
    var highest = 0
    var window = 0

    /// All that was ever received.
    var received: [Symbol] = []
    var written = 0
    var closed: UInt8?

    private var header: [UInt8] = []
    private var payload: [UInt8] = []
    private var payloadBytes = 0

    init(isClient: Bool, bufferBytes: Int) {
        self.isClient = isClient
        self.bufferBytes = bufferBytes
    }

    var hasReset: Bool { sent.contains(ModelEnd.reset) }
    var hasFinished: Bool { sent.contains(ModelEnd.finish) }
    var kept: Int { sent[acknowledged...].filter { $0 < 256 }.count }

    var isComplete: Bool {
        let isTaken = written == received.count
        if received.last == ModelEnd.reset { return isTaken }
        if hasReset {
            if acknowledged == sent.count { return true }
            guard closed == 0, let finish = sent.firstIndex(of: ModelEnd.finish) else { return false }
            return acknowledged > finish && received.last == ModelEnd.finish
        }
        return hasFinished && acknowledged == sent.count && received.last == ModelEnd.finish && isTaken
    }

    mutating func attach(received: Int, written: Int, window: Int) -> Bool {
        guard written >= acknowledged, written <= received, received <= highest else { return false }
        acknowledged = written
        next = received
        self.window = window
        closed = nil
        (header, payload, payloadBytes) = ([], [], 0)
        return true
    }

    // MARK: Input

    /// What the application is to see of these bytes.
    mutating func input(_ bytes: [UInt8]) throws -> [Symbol] {
        var seen: [Symbol] = []
        for byte in bytes where closed == nil { try read(byte, &seen) }
        return seen
    }

    private mutating func read(_ byte: UInt8, _ seen: inout [Symbol]) throws {
        if header.count < 5 {
            header.append(byte)
            guard header.count == 5 else { return }
            payloadBytes = Int(header[1]) << 24 + Int(header[2]) << 16 + Int(header[3]) << 8 + Int(header[4])
            let lengths: [UInt8: ClosedRange<Int>] = [
                0: 1...131_072, 1: 8...8, 2: 0...0, 3: 0...0, 4: 0...0, 5: 0...0, 6: 1...1,
            ]
            guard let range = lengths[header[0]], range.contains(payloadBytes) else { throw Violation() }
        } else if header[0] == 0 {
            try take(Symbol(byte), &seen)
            payloadBytes -= 1
        } else {
            payload.append(byte)
        }
        guard payload.count == (header[0] == 0 ? payloadBytes + payload.count : payloadBytes),
            header[0] != 0 || payloadBytes == 0
        else { return }
        let (type, bytes) = (header[0], payload)
        (header, payload, payloadBytes) = ([], [], 0)
        try frame(type, bytes, &seen)
    }

    private mutating func frame(_ type: UInt8, _ payload: [UInt8], _ seen: inout [Symbol]) throws {
        switch type {
        case 1:
            let position = payload.reduce(UInt64(0)) { $0 * 256 + UInt64($1) }
            guard position >= acknowledged, position <= next else { throw Violation() }
            acknowledged = Int(position)
        case 2:
            guard !received.contains(where: { $0 >= 256 }) else { throw Violation() }
            receive(ModelEnd.finish, &seen)
        case 3:
            guard received.last != ModelEnd.reset else { throw Violation() }
            let wasComplete = isComplete
            if wasComplete {
                received.append(ModelEnd.reset)
                written = received.count
            } else {
                receive(ModelEnd.reset, &seen)
            }
        case 6:
            guard payload[0] <= 10 else { throw Violation() }
            closed = payload[0]
            if payload[0] == 0, !isComplete { throw Violation() }
            seen.append(1000 + Symbol(payload[0]))
        default: break
        }
    }

    private mutating func take(_ symbol: Symbol, _ seen: inout [Symbol]) throws {
        guard !received.contains(where: { $0 >= 256 }) else { throw Violation() }
        receive(symbol, &seen)
        guard hasReset || received.count - written <= bufferBytes else { throw Violation() }
    }

    private mutating func receive(_ symbol: Symbol, _ seen: inout [Symbol]) {
        received.append(symbol)
        if hasReset { written = received.count } else { seen.append(symbol) }
    }

    // MARK: Output

    /// Checks whole frames that the end wrote. Returns what is wrong.
    mutating func output(_ bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 5 else { return "a header of \(rest.count) bytes" }
            let head = Array(rest.prefix(5))
            let length = Int(head[1]) << 24 + Int(head[2]) << 16 + Int(head[3]) << 8 + Int(head[4])
            rest = rest.dropFirst(5)
            guard rest.count >= length else { return "a frame of \(rest.count) instead of \(length) bytes" }
            let body = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            switch head[0] {
            case 0:
                guard length > 0, next + length <= sent.count,
                    sent[next..<next + length].elementsEqual(body.map(Symbol.init))
                else { return "data at \(next) that the application did not send" }
                next += length
                guard next <= acknowledged + window else { return "data beyond the window" }
            case 1:
                guard body.reduce(0, { $0 * 256 + Int($1) }) == written else { return "acknowledgement of \(body)" }
            case 2, 3:
                guard next < sent.count, sent[next] == (head[0] == 2 ? ModelEnd.finish : ModelEnd.reset) else {
                    return "an end at \(next) that the application did not send"
                }
                next += 1
            case 4, 5: break
            case 6:
                if body == [0], !isComplete || !(isClient || closed == 0) { return "done, but it is not" }
                if !rest.isEmpty { return "bytes after a close" }
            default: return "type \(head[0])"
            }
        }
        highest = max(highest, next)
        return nil
    }
}
