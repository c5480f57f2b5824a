@testable import SluiceResilience

/// A frame, as a test writes it.
enum Segment: Equatable {
    case data(String)
    case ack(UInt64)
    case finish, reset, ping, pong
    case close(StreamCause)

    var encoded: [UInt8] {
        func frame(_ type: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
            [type] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) } + payload
        }
        switch self {
        case .data(let text): return frame(0, [UInt8](text.utf8))
        case .ack(let position):
            return frame(1, (0..<8).reversed().map { UInt8(truncatingIfNeeded: position >> ($0 * 8)) })
        case .finish: return frame(2)
        case .reset: return frame(3)
        case .ping: return frame(4)
        case .pong: return frame(5)
        case .close(let cause): return frame(6, [cause.rawValue])
        }
    }

    /// Frames of bytes that are whole.
    static func decode(_ bytes: [UInt8]) -> [Segment] {
        var segments: [Segment] = []
        var rest = bytes[...]
        while rest.count >= 5 {
            let type = rest[rest.startIndex]
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let payload = rest.dropFirst(5).prefix(length)
            rest = rest.dropFirst(5 + length)
            switch type {
            case 0: segments.append(.data(String(decoding: payload, as: UTF8.self)))
            case 1: segments.append(.ack(payload.reduce(0) { $0 << 8 | UInt64($1) }))
            case 2: segments.append(.finish)
            case 3: segments.append(.reset)
            case 4: segments.append(.ping)
            case 5: segments.append(.pong)
            default: segments.append(.close(StreamCause(rawValue: payload.first ?? 255) ?? .protocolError))
            }
        }
        return segments
    }
}

/// What an end says and hears, one line for each step.
struct EndDialogue {
    var end: StreamEnd
    var now = ContinuousClock.now

    /// An end with a connection, past hello and welcome.
    init(isClient: Bool = false, bufferBytes: Int = 2 << 20, window: UInt32 = 2 << 20) throws {
        var limits = StreamLimits()
        limits.bufferBytes = bufferBytes
        end = StreamEnd(isClient: isClient, limits: limits, now: now)
        try attach(window: window)
    }

    /// Another connection, on which the other end has received and its application has taken so much.
    mutating func attach(received: UInt64 = 0, written: UInt64 = 0, window: UInt32 = 2 << 20) throws {
        end.detach()
        try end.attach(received: received, written: written, announced: end.written, window: window, now: now)
    }

    mutating func application(_ text: String) {
        Array(text.utf8).withUnsafeBytes { end.send($0) }
    }

    /// What the end sends now.
    mutating func output(limit: Int = 1 << 20) -> [Segment] {
        var sink: [UInt8] = []
        end.output(into: &sink, limit: limit, now: now)
        return Segment.decode(sink)
    }

    /// What the shell is asked to do by these frames.
    mutating func input(_ segments: Segment...) throws -> [String] {
        try input(segments.flatMap(\.encoded))
    }

    mutating func input(_ bytes: [UInt8]) throws -> [String] {
        var events: [String] = []
        try bytes.withUnsafeBytes { buffer in
            var position = 0
            while let event = try end.receive(buffer, &position, now: now) {
                switch event {
                case .data(let range): events.append("data \(String(decoding: buffer[range], as: UTF8.self))")
                case .finish: events.append("FIN")
                case .reset: events.append("RST")
                case .closed(let cause): events.append("closed \(cause)")
                }
            }
        }
        return events
    }

    /// The application has taken all that was received.
    mutating func take() { end.wrote(upTo: end.received, now: now) }

    /// What a timer says after this time.
    mutating func wait(_ time: Duration) -> StreamEnd.TimerDirective {
        now += time
        return end.timer(now: now)
    }
}
