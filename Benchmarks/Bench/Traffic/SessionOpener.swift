import Lab

/// Opens sessions through a gateway with complete handshakes, sent from both sides.
final class SessionOpener {
    private let syn: FrameSender
    private let synAck: FrameSender
    private let ack: FrameSender
    /// Handshakes in progress at the same time: few, so that they do not look like a SYN flood.
    private static let chunk = 1024

    init(client: BenchHost, service: BenchHost, version: IPVersion = .four) throws {
        syn = try FrameSender(.syn, host: client, version: version)
        synAck = try FrameSender(.synAck, host: service, direction: .fromService, version: version)
        ack = try FrameSender(.acknowledgment, host: client, version: version)
    }

    /// Opens the sessions with these numbers.
    func open(_ numbers: Range<Int>) throws {
        var start = numbers.lowerBound
        while start < numbers.upperBound {
            try StopRequest.check()
            let first = start
            let count = min(Self.chunk, numbers.upperBound - first)
            try syn.send(count) { frame, index in frame.writeSyn(Flow(number: first + index)) }
            try synAck.send(count) { frame, index in frame.writeSynAck(Flow(number: first + index)) }
            try ack.send(count) { frame, index in frame.writeData(Flow(number: first + index), segment: 0) }
            start += count
        }
    }
}
