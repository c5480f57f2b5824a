import NIOCore

/// One toxic at work on one direction of one connection.
///
/// Items go in by ``take(_:)`` and come out of ``next(now:using:)`` in the same order, later, in other pieces, or not at
/// all. What each toxic does is documented in toxiproxy's README. Two differ, because they misled (finding 4 of its
/// users' reports): `reset_peer` counts from the moment it is set instead of the first byte, and resets old connections
/// too.
struct LinkStage {
    enum Step {
        case pass(LinkItem)
        /// Nothing more now; at the latest again at this time.
        case wait(until: UInt64?)
        case end(LinkVerdict)
    }

    private(set) var toxic: Toxic
    /// Whether the toxic acts on this connection (toxicity).
    private(set) var isActive: Bool
    private(set) var armedAt: UInt64
    private(set) var queue = CircularBuffer<LinkItem>()
    private(set) var buffered = 0

    /// latency, slow_close: when the first item is passed on, once it is decided.
    private var headDue: UInt64?
    /// bandwidth, slicer: no piece is passed on before.
    private var freeAt: UInt64 = 0
    /// limit_data: bytes passed on so far.
    private var passed: Int64 = 0
    /// limit_data: whether more came in than may pass.
    private var isCut = false

    init(_ toxic: Toxic, now: UInt64, using generator: inout some RandomNumberGenerator) {
        self.toxic = toxic
        armedAt = now
        isActive = toxic.toxicity.admits(using: &generator)
    }

    /// Takes over changed attributes. Counts go on; times start again.
    mutating func update(_ toxic: Toxic, now: UInt64, using generator: inout some RandomNumberGenerator) {
        self.toxic = toxic
        armedAt = now
        headDue = nil
        isCut = false
        isActive = toxic.toxicity.admits(using: &generator)
    }

    mutating func take(_ item: LinkItem) {
        queue.append(item)
        buffered += item.count
    }

    /// Returns the next step. Call it until it waits or ends.
    mutating func next(now: UInt64, using generator: inout some RandomNumberGenerator) -> Step {
        guard isActive else { return passHead() }
        switch toxic.kind {
        case .latency: return delayed(now: now, using: &generator)
        case .bandwidth: return paced(now: now)
        case .slowClose: return closedLate(now: now)
        case .timeout:
            drop()
            let timeout = toxic.attributes.nanoseconds("timeout")
            guard timeout > 0 else { return .wait(until: nil) }
            return now >= armedAt + timeout ? .end(.close) : .wait(until: armedAt + timeout)
        case .resetPeer:
            let due = armedAt + toxic.attributes.nanoseconds("timeout")
            return now >= due ? .end(.reset) : .wait(until: due)
        case .slicer: return sliced(now: now, using: &generator)
        case .limitData: return limited()
        default: return passHead()
        }
    }

    // MARK: - Toxics

    private mutating func delayed(now: UInt64, using generator: inout some RandomNumberGenerator) -> Step {
        guard case .bytes(_, let since)? = queue.first else { return passHead() }
        let due = headDue ?? since + delay(using: &generator)
        headDue = due
        guard now >= due else { return .wait(until: due) }
        headDue = nil
        return passHead()
    }

    /// Latency, plus or minus the jitter, but not less than nothing.
    private func delay(using generator: inout some RandomNumberGenerator) -> UInt64 {
        let (latency, jitter) = (toxic.attributes.nanoseconds("latency"), toxic.attributes.nanoseconds("jitter"))
        guard jitter > 0 else { return latency }
        let change = Int64.random(in: -Int64(jitter)...Int64(jitter), using: &generator)
        return UInt64(max(Int64(min(latency, UInt64(Int64.max / 2))) + change, 0))
    }

    /// `rate` is thousands of bytes a second. Slow rates come in pieces of 100 ms. A rate of 0 stops the stream.
    private mutating func paced(now: UInt64) -> Step {
        guard case .bytes(let buffer, let since)? = queue.first else { return passHead() }
        let rate = UInt64(toxic.attributes["rate"])
        guard rate > 0 else { return .wait(until: nil) }
        let most = rate > UInt64(Int32.max) ? Int(Int32.max) : Int(rate) * 100
        let piece = min(buffer.readableBytes, most)
        let due = max(freeAt, since) + UInt64(piece) * 1_000_000 / rate
        guard now >= due else { return .wait(until: due) }
        freeAt = due
        return passHead(atMost: piece)
    }

    private mutating func closedLate(now: UInt64) -> Step {
        guard queue.first == .end else { return passHead() }
        let due = headDue ?? now + toxic.attributes.nanoseconds("delay")
        headDue = due
        return now >= due ? passHead() : .wait(until: due)
    }

    /// Pieces of `average_size` bytes, plus or minus `size_variation`, with `delay` microseconds between them.
    private mutating func sliced(now: UInt64, using generator: inout some RandomNumberGenerator) -> Step {
        guard case .bytes(let buffer, _)? = queue.first else { return passHead() }
        guard now >= freeAt else { return .wait(until: freeAt) }
        let size = Int(min(toxic.attributes["average_size"], 1 << 30))
        let variation = min(Int(clamping: toxic.attributes["size_variation"]), size)
        guard size > 0, buffer.readableBytes > size - variation else { return passHead() }
        let piece = max(
            1, variation > 0 ? Int.random(in: (size - variation)...(size + variation), using: &generator) : size)
        let (pause, overflow) = UInt64(toxic.attributes["delay"]).multipliedReportingOverflow(by: 1_000)
        freeAt = now + (overflow ? 0 : pause)
        return passHead(atMost: min(piece, buffer.readableBytes))
    }

    private mutating func limited() -> Step {
        guard case .bytes(let buffer, _)? = queue.first else { return passHead() }
        let left = toxic.attributes["bytes"] - passed
        guard left > 0 else {
            isCut = true
            drop()
            return .wait(until: nil)
        }
        let piece = min(Int64(buffer.readableBytes), left)
        passed += piece
        return passHead(atMost: Int(piece))
    }

    // MARK: - The queue

    private mutating func passHead(atMost count: Int = .max) -> Step {
        guard let head = queue.first else { return .wait(until: nil) }
        if case .bytes(var buffer, let since) = head, buffer.readableBytes > count,
            let piece = buffer.readSlice(length: count)
        {
            queue[queue.startIndex] = .bytes(buffer, since: since)
            buffered -= count
            return .pass(.bytes(piece, since: since))
        }
        queue.removeFirst()
        buffered -= head.count
        return .pass(head)
    }

    private mutating func drop() {
        queue.removeAll(keepingCapacity: true)
        buffered = 0
    }

    /// Whether the limit of limit_data is reached: it ends with the last byte, not with the next one.
    var isExhausted: Bool {
        isActive && toxic.kind == .limitData && (isCut || passed > 0 && passed >= toxic.attributes["bytes"])
    }
}

extension Float {
    /// Whether a toxic with this toxicity acts on a connection.
    func admits(using generator: inout some RandomNumberGenerator) -> Bool {
        self >= 1 || Float.random(in: 0..<1, using: &generator) < self
    }
}
