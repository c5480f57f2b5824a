/// The server's answer to a hello (docs/resume-protocol.md, "Welcome").
public enum StreamStatus: UInt8, Sendable, CaseIterable {
    /// The stream begins, or goes on.
    case ok = 0
    /// No stream has this name: it never began, or its retention is over.
    case unknownStream = 1
    /// The server may not connect to this target.
    case targetDenied = 2
    /// A hello of this stream with this epoch, or a later one, was accepted before.
    case epochOld = 3
    /// The positions of the hello can't be true: they are later than what was sent, or earlier than what was acknowledged.
    case offsetOutside = 4
    /// The server has its maximum of streams, or of memory. Streams that exist are not affected.
    case full = 5
    /// The target refused the connection, or can't be reached.
    case targetUnreachable = 6
    /// The client's token, its certificate or its proof of the stream's secret is wrong.
    case notAuthenticated = 7
    /// The hello can't be read, or is of another version.
    case malformed = 8
    /// The stream ended. The cause is in the welcome.
    case ended = 9
}

/// Why a stream ended (docs/resume-protocol.md, "Close").
public enum StreamCause: UInt8, Sendable, Error, CaseIterable {
    /// Both directions are complete, and both ends know.
    case done = 0
    /// There was no connection for longer than the patience of an end.
    case patience = 1
    /// An end's process was stopped.
    case shutdown = 2
    /// An end received what the protocol does not allow.
    case protocolError = 3
    /// The ends have different positions: bytes were lost, and can't be sent again.
    case offsetOutside = 4
    /// The server no longer knows the stream, for example because its process began again.
    case unknownStream = 5
    /// The target refused the connection, or can't be reached.
    case targetUnreachable = 6
    /// The server may not connect to the target.
    case targetDenied = 7
    /// The server is full.
    case full = 8
    /// A token, certificate or proof is wrong.
    case notAuthenticated = 9
    /// The data before a reset could not be written to the application in time.
    case resetLinger = 10
}
