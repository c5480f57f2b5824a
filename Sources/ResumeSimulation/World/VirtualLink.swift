/// A connection of the virtual network: two directions, each a sequence of segments under way.
final class VirtualLink {
    /// One direction.
    struct Pipe {
        /// Bytes, or the end of the direction (nil), in order.
        var segments: ArraySlice<[UInt8]?> = []
        var bytesUnderWay = 0
        var bytesDelivered = 0
        /// When the last segment arrives.
        var lastDue: Int64 = 0
        var stalledUntil: Int64 = 0
        /// Delivers nothing any more.
        var isDead = false
    }

    /// What an end of the connection is.
    enum EndState { case opening, open, closed }

    let number: Int
    /// By sender.
    var pipes = [Pipe(), Pipe()]
    /// By side.
    var ends: [EndState] = [.opening, .opening]
    /// What the server has received before its stream is known.
    var greeting: [UInt8] = []
    /// What the client has received before the welcome is whole.
    var answer: [UInt8] = []
    var hasHello = false
    /// The server's stream, once it has welcomed this connection.
    var stream: VirtualShell<VirtualServerStream>?
    /// What has yet to happen to it.
    var cut: ConnectionCut?
    var stall: ResumePlan.Stall?

    init(_ number: Int) { self.number = number }
}
