/// The server's answer to a hello (docs/resume-protocol.md, "Welcome").
public struct Welcome: Sendable, Equatable {
    /// Whether the stream begins or goes on.
    public var status: StreamStatus
    /// With ``StreamStatus/ended``: why.
    public var cause: StreamCause
    /// For how many seconds the server keeps the stream without a connection.
    public var retentionSeconds: UInt16
    /// How many bytes the server accepts beyond ``written``.
    public var window: UInt32
    /// How many bytes of the client's direction the server has received.
    public var received: UInt64
    /// How many of them its application has taken.
    public var written: UInt64
    /// 32 bytes: the proof that the server has the token. Zeros without a token.
    public var tokenProof = [UInt8](repeating: 0, count: Hello.proofBytes)

    /// The length in bytes.
    public static let bytes = 60

    /// A welcome. The proof is zeros until it is set.
    public init(
        status: StreamStatus, cause: StreamCause = .done, retentionSeconds: UInt16 = 0, window: UInt32 = 0,
        received: UInt64 = 0, written: UInt64 = 0
    ) {
        self.status = status
        self.cause = cause
        self.retentionSeconds = retentionSeconds
        self.window = window
        self.received = received
        self.written = written
    }

    /// Appends the message.
    public func encode(into sink: inout some ByteSink) {
        sink.append(Hello.magic)
        sink.append(status.rawValue)
        sink.append(cause.rawValue)
        sink.append(retentionSeconds)
        sink.append(window)
        sink.append(received)
        sink.append(written)
        sink.append(tokenProof)
    }

    /// Reads a message from the first bytes that a server sent.
    ///
    /// - Returns: Nil if more bytes are needed.
    /// - Throws: ``StreamCause/protocolError`` as soon as the bytes can't be a welcome.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(StreamCause) -> Welcome? {
        if bytes.count >= 4 {
            var cursor = WireCursor(bytes)
            guard cursor.next(UInt32.self) == Hello.magic else { throw .protocolError }
        }
        guard bytes.count >= Welcome.bytes else { return nil }
        var cursor = WireCursor(bytes)
        _ = cursor.next(UInt32.self)
        guard let status = StreamStatus(rawValue: cursor.next()), let cause = StreamCause(rawValue: cursor.next())
        else { throw .protocolError }
        var welcome = Welcome(
            status: status, cause: cause, retentionSeconds: cursor.next(), window: cursor.next(),
            received: cursor.next(), written: cursor.next())
        welcome.tokenProof = cursor.next(count: Hello.proofBytes)
        guard welcome.written <= welcome.received else { throw .protocolError }
        return welcome
    }
}
