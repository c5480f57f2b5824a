import NIOCore

/// The application's side of one end of a stream: a socket, or a program's own code. Everything is on one event loop.
///
/// It reports to its ``ApplicationOwner`` what the application sends, and what it has taken.
protocol StreamApplication: AnyObject, Sendable {
    /// Asks for more of what the application sends. May be called again before it has come.
    func read()
    /// Bytes for the application.
    func write(_ bytes: ByteBuffer)
    /// Everything was written up to this position. Report when the application has taken it.
    func flush(upTo position: UInt64)
    /// The other application's FIN, after what was written. Report the position when it has been passed on.
    func finish(upTo position: UInt64)
    /// The other application's RST, after what was written, or after `linger` at the latest. Report the position when it
    /// has been passed on.
    func reset(upTo position: UInt64, linger: TimeAmount)
    /// The stream is over. Whatever is still open is reset at once, unless everything has arrived.
    func end(isDone: Bool)
}

/// What an application reports to.
protocol ApplicationOwner: AnyObject, Sendable {
    func applicationSent(_ bytes: ByteBuffer)
    /// Reading pauses until ``StreamApplication/read()``.
    func applicationReadComplete()
    func applicationFinished()
    func applicationReset()
    func applicationWrote(upTo position: UInt64)
}
