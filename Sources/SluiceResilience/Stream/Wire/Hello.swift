/// The client's first message on each connection (docs/resume-protocol.md, "Hello").
public struct Hello: Sendable, Equatable {
    /// What the client asks for.
    public enum Kind: UInt8, Sendable {
        /// A stream to ``Hello/target``. Repeated with a later epoch if the welcome was lost.
        case new = 0
        /// A stream whose welcome the client received.
        case resume = 1
    }

    /// What the client asks for.
    public var kind: Kind
    /// The stream.
    public var id: StreamID
    /// Later than that of each earlier hello of this stream. The first is 1.
    public var epoch: UInt32
    /// For how many seconds the client tries to come back, once it has no connection.
    public var patienceSeconds: UInt16
    /// How many bytes the client accepts beyond ``written``.
    public var window: UInt32
    /// How many bytes of the server's direction the client has received.
    public var received: UInt64
    /// How many of them its application has taken.
    public var written: UInt64
    /// 32 bytes. New: the stream's secret. Resume: the proof that the client knows it.
    public var secret: [UInt8]
    /// 32 bytes: the proof that the client has the token. Zeros without a token.
    public var tokenProof: [UInt8]
    /// New: `host:port`, 1 to 255 bytes. Resume: empty.
    public var target: String

    /// The bytes of a secret or proof.
    public static let proofBytes = 32
    /// The length without the target, in bytes.
    public static let fixedBytes = 113
    static let magic: UInt32 = 0x534C_5231

    /// A hello. The proofs are zeros until they are set.
    public init(
        kind: Kind, id: StreamID, epoch: UInt32, patienceSeconds: UInt16, window: UInt32, received: UInt64 = 0,
        written: UInt64 = 0, target: String = ""
    ) {
        self.kind = kind
        self.id = id
        self.epoch = epoch
        self.patienceSeconds = patienceSeconds
        self.window = window
        self.received = received
        self.written = written
        self.target = target
        secret = [UInt8](repeating: 0, count: Hello.proofBytes)
        tokenProof = secret
    }

    /// Appends the message. The target has at most 255 bytes, and the proofs have 32.
    public func encode(into sink: inout some ByteSink) {
        sink.append(Hello.magic)
        sink.append(kind.rawValue)
        sink.append(UInt8(0))
        sink.append(id.high)
        sink.append(id.low)
        sink.append(epoch)
        sink.append(patienceSeconds)
        sink.append(window)
        sink.append(received)
        sink.append(written)
        sink.append(secret)
        sink.append(tokenProof)
        let bytes = [UInt8](target.utf8)
        precondition(bytes.count <= 255, "target '\(target)' has \(bytes.count) bytes: at most 255")
        sink.append(UInt8(bytes.count))
        sink.append(bytes)
    }

    /// Reads a message from the first bytes of a connection.
    ///
    /// - Returns: The message and its length; nil if more bytes are needed.
    /// - Throws: ``StreamCause/protocolError`` as soon as the bytes can't be a hello.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(StreamCause) -> (Hello, length: Int)? {
        if bytes.count >= 6 {
            var cursor = WireCursor(bytes)
            let magic: UInt32 = cursor.next()
            let kind: UInt8 = cursor.next()
            let flags: UInt8 = cursor.next()
            guard magic == Hello.magic, Kind(rawValue: kind) != nil, flags == 0 else {
                throw .protocolError
            }
        }
        guard bytes.count >= fixedBytes else { return nil }
        let length = fixedBytes + Int(bytes[fixedBytes - 1])
        guard bytes.count >= length else { return nil }
        var cursor = WireCursor(bytes)
        _ = cursor.next(UInt32.self)
        guard let kind = Kind(rawValue: cursor.next()) else { throw .protocolError }
        _ = cursor.next(UInt8.self)
        let id = StreamID(high: cursor.next(), low: cursor.next())
        var hello = Hello(
            kind: kind, id: id, epoch: cursor.next(), patienceSeconds: cursor.next(), window: cursor.next(),
            received: cursor.next(), written: cursor.next())
        hello.secret = cursor.next(count: proofBytes)
        hello.tokenProof = cursor.next(count: proofBytes)
        let count: UInt8 = cursor.next()
        let target = cursor.next(count: Int(count))
        guard let text = String(validating: target, as: UTF8.self) else { throw .protocolError }
        hello.target = text
        guard (kind == .new) == !text.isEmpty, hello.written <= hello.received, hello.epoch > 0,
            kind == .resume || hello.received == 0
        else { throw .protocolError }
        return (hello, length)
    }
}
