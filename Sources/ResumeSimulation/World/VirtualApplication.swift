internal import SluiceResilience

/// An application at an end of the stream: what it sends, takes and sees.
final class VirtualApplication {
    /// What its shell has received for it.
    enum Item {
        case data(ArraySlice<UInt8>)
        case finish
        case reset(forced: Bool)
    }

    /// Its bytes are a function of this and of their position.
    let key: UInt64
    let script: ApplicationScript
    var step = 0
    /// Bytes of the step that were sent.
    var stepBytes = 0
    var isPaused = false
    var isBegun = false

    // What it did.
    private(set) var sent = 0
    private(set) var hasFinished = false
    private(set) var hasReset = false

    // What it saw.
    var received = 0
    var gotFinish = false
    var gotReset = false
    /// Its shell reset it, because the stream is lost.
    var wasReset: StreamCause?
    /// Its process ended together with its shell.
    var isDead = false

    /// What waits for it, with the position after each item.
    var inbox: ArraySlice<(item: Item, position: UInt64)> = []
    var readIsScheduled = false
    var readStopIsOver = false

    init(key: UInt64, _ script: ApplicationScript) {
        self.key = key
        self.script = script
    }

    /// Whether it takes and sends nothing any more.
    var isOver: Bool { hasReset || gotReset || wasReset != nil || isDead }
    /// Whether it sent and saw all that belongs to a TCP connection in order.
    var isComplete: Bool { hasReset || gotReset || (hasFinished && gotFinish) }

    static func byte(_ key: UInt64, _ position: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: ((key &+ UInt64(position)) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }

    /// The next bytes that it sends.
    func send(_ count: Int) -> [UInt8] {
        defer { sent += count }
        return (sent..<sent + count).map { VirtualApplication.byte(key, $0) }
    }

    func finish() { hasFinished = true }

    func reset() {
        hasReset = true
        inbox = []
    }

    var text: String {
        "sent \(sent)\(hasFinished ? " FIN" : "")\(hasReset ? " RST" : ""), received \(received)"
            + "\(gotFinish ? " FIN" : "")\(gotReset ? " RST" : "")\(wasReset.map { " lost by \($0)" } ?? "")"
    }
}
