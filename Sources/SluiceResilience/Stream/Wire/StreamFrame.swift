/// The frames that follow hello and welcome, in both directions (docs/resume-protocol.md, "Frames").
///
/// A frame is a type of one byte, the length of its payload in four bytes, and the payload.
enum FrameType: UInt8 {
    /// 1 to 131,072 bytes of the stream.
    case data = 0
    /// Eight bytes: how many bytes the application has taken.
    case acknowledgement = 1
    /// The application will send nothing more (FIN). Takes one position.
    case finish = 2
    /// The application reset its connection (RST). Takes one position.
    case reset = 3
    /// Asks for a pong. Also the keep-alive.
    case ping = 4
    /// The answer to a ping.
    case pong = 5
    /// One byte, a ``StreamCause``: the stream is over. Nothing follows.
    case close = 6

    static let headerBytes = 5
    static let maximumData = 131_072

    /// The lengths that a payload may have.
    var lengths: ClosedRange<Int> {
        switch self {
        case .data: 1...FrameType.maximumData
        case .acknowledgement: 8...8
        case .finish, .reset, .ping, .pong: 0...0
        case .close: 1...1
        }
    }
}

/// What a connection delivers.
enum StreamFrame: Equatable {
    /// Some or all bytes of a data frame: where they are in the bytes that were given to the decoder.
    case data(Range<Int>)
    case acknowledgement(UInt64)
    case finish
    case reset
    case ping
    case pong
    case close(StreamCause)
}

/// Cuts the bytes of a connection into frames, however they arrive. It keeps at most 13 bytes.
struct FrameDecoder {
    /// The header and payload of a frame that is not data and has arrived in part.
    private var partial: [UInt8] = []
    /// Bytes of a data frame that have not arrived yet.
    private var dataBytes = 0

    /// Reads the next frame.
    ///
    /// - Parameter position: The first byte of `bytes` that has not been read. Afterwards: that of the next call.
    /// - Returns: Nil when all bytes have been read.
    /// - Throws: ``StreamCause/protocolError`` for an unknown type, or a length that its type does not have.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(StreamCause) -> StreamFrame? {
        while position < bytes.count {
            if dataBytes > 0 {
                let end = min(bytes.count, position + dataBytes)
                let range = position..<end
                dataBytes -= range.count
                position = end
                return .data(range)
            }
            let needed = try neededBytes()
            let taken = min(needed - partial.count, bytes.count - position)
            partial.append(contentsOf: bytes[position..<position + taken])
            position += taken
            if let frame = try complete() { return frame }
        }
        return nil
    }

    /// How many bytes the frame in ``partial`` has, as far as it is known.
    private func neededBytes() throws(StreamCause) -> Int {
        partial.count < FrameType.headerBytes ? FrameType.headerBytes : try FrameType.headerBytes + header().length
    }

    private func header() throws(StreamCause) -> (type: FrameType, length: Int) {
        guard let type = FrameType(rawValue: partial[0]) else { throw .protocolError }
        let length = partial[1..<FrameType.headerBytes].reduce(0) { $0 << 8 | Int($1) }
        guard type.lengths.contains(length) else { throw .protocolError }
        return (type, length)
    }

    private mutating func complete() throws(StreamCause) -> StreamFrame? {
        guard partial.count >= FrameType.headerBytes else { return nil }
        let (type, length) = try header()
        if type == .data {
            dataBytes = length
            partial.removeAll(keepingCapacity: true)
            return nil
        }
        guard partial.count == FrameType.headerBytes + length else { return nil }
        defer { partial.removeAll(keepingCapacity: true) }
        switch type {
        case .data: return nil
        case .acknowledgement:
            return .acknowledgement(partial[FrameType.headerBytes...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        case .finish: return .finish
        case .reset: return .reset
        case .ping: return .ping
        case .pong: return .pong
        case .close:
            guard let cause = StreamCause(rawValue: partial[FrameType.headerBytes]) else { throw .protocolError }
            return .close(cause)
        }
    }
}

extension ByteSink {
    mutating func append(frame type: FrameType, length: Int = 0) {
        append(type.rawValue)
        append(UInt32(length))
    }
}
