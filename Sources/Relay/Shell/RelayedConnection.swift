import Fleet
import Glibc
import NIOCore

/// One connection: a client's channel, an upstream's channel, and what the proxy's toxics and profile do between them.
///
/// Confined to the relay's event loop, like everything of the shell; that is why it may be declared `Sendable`.
final class RelayedConnection: @unchecked Sendable {
    enum Side: Int {
        case client, upstream
        var other: Side { self == .client ? .upstream : .client }
    }

    /// One of the two ends.
    private struct End {
        var channel: (any Channel)?
        var isActive = false
        /// It has sent its FIN.
        var hasEnded = false
        /// Our FIN was sent to it, or will be after what is written.
        var isFinished = false
        /// Bytes that came in from it.
        var bytes = 0
        /// It may read again when there is room.
        var isStalled = false
        var needsFlush = false
        /// What it sends goes through here.
        var link = ToxicLink()
        /// The segments that the kernel had received from it when it was last asked.
        var segments: SegmentCount?
        /// What came in before the other end was connected: a FIN makes NIO read all that was sent.
        var early: [LinkItem] = []
    }

    let number: Int
    /// Which instance it belongs to.
    let hash: UInt64
    var home: InstanceIdentifier?
    /// The client's address.
    private(set) var client = ""
    private(set) var session: SessionMachine
    private let proxy: RelayProxy
    private var ends: (client: End, upstream: End)
    private var isOver = false
    private var isRefused: Refusal?
    /// Toxics that act on it as a whole: whether each acts (toxicity), by number.
    private var decided: [Int: (version: Int, armedAt: UInt64, isActive: Bool)] = [:]
    private var timer: (due: UInt64, task: Scheduled<Void>)?
    private var silentSince: UInt64?
    private var isNoticed = false

    init(number: Int, hash: UInt64, client: any Channel, proxy: RelayProxy, refusal: Refusal?, now: UInt64) {
        self.number = number
        self.hash = hash
        self.proxy = proxy
        ends = (End(), End())
        ends.client.channel = client
        session = SessionMachine(now: now)
        isRefused = refusal
    }

    private static func text(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return "" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private subscript(_ side: Side) -> End {
        get { side == .client ? ends.client : ends.upstream }
        _modify {
            switch side {
            case .client: yield &ends.client
            case .upstream: yield &ends.upstream
            }
        }
    }

    var bytesUpstream: Int { ends.client.bytes }
    var bytesDownstream: Int { ends.upstream.bytes }
    /// Bytes that wait in the chains.
    var buffered: Int { ends.client.link.buffered + ends.upstream.link.buffered }
    var clientChannel: (any Channel)? { ends.client.channel }
    var isSilent: Bool { session.isSilent }
    /// The port that it was accepted on.
    var listenPort: UInt16? { ends.client.channel?.localAddress?.port.flatMap { UInt16(exactly: $0) } }
    /// How long it was silent before an end gave up; nil: none did.
    private(set) var noticedAfter: UInt64?

    // MARK: - Opening

    func active(_ side: Side) {
        self[side].isActive = true
        guard side == .client else { return }
        client = ends.client.channel?.remoteAddress.map(RelayedConnection.text) ?? ""
        switch isRefused {
        case .reset: return resetBoth()
        case .close: return closeBoth()
        // Nothing is read: the client may fill its buffers, and waits.
        case .hang: return
        case nil: break
        }
        proxy.connectUpstream(self)
    }

    /// The connection to the upstream is made.
    func connected(_ channel: any Channel) {
        guard !isOver, self[.client].isActive else {
            channel.close(promise: nil)
            return
        }
        self[.upstream].channel = channel
        self[.upstream].isActive = channel.isActive
        proxy.opened(self)
        applyToxics()
        if !self[.client].early.isEmpty {
            for item in self[.client].early { self[.client].link.take(item) }
            self[.client].early = []
            advance(.client, now: proxy.relay.now)
        }
        readMore(.client)
        readMore(.upstream)
    }

    func upstreamFailed() { closeBoth() }

    // MARK: - What comes in

    func received(_ buffer: ByteBuffer, _ side: Side) {
        let now = proxy.relay.now
        session.activity(now: now)
        self[side].bytes += buffer.readableBytes
        guard !session.isSilent, !isOver, isRefused == nil else { return }
        if self[side.other].channel == nil {
            self[side].early.append(.bytes(buffer, since: now))
        } else if self[side].link.isTransparent {
            write(buffer, to: side.other)
        } else {
            self[side].link.take(.bytes(buffer, since: now))
            advance(side, now: now)
        }
    }

    func readComplete(_ side: Side) {
        flush(side.other)
        readMore(side)
    }

    func writabilityChanged(_ side: Side) {
        if self[side].channel?.isWritable == true, self[side.other].isStalled { readMore(side.other) }
    }

    func inputClosed(_ side: Side) {
        guard !self[side].hasEnded else { return }
        self[side].hasEnded = true
        if session.isSilent {
            noticed("it closed its side")
            // Keep-alive shows whether it still exists, so this side's descriptor is not kept for ever.
            self[side].channel?.watchForLife()
            return
        }
        guard !isOver else { return }
        guard isRefused == nil else { return closeBoth() }
        if self[side.other].channel == nil {
            self[side].early.append(.end)
        } else if self[side].link.isTransparent {
            finish(side.other)
        } else {
            self[side].link.take(.end)
            advance(side, now: proxy.relay.now)
        }
    }

    /// A RST, or another error: it is passed on as a RST.
    func failed(_ side: Side) {
        guard !isOver else { return }
        if session.isSilent {
            noticed("it reset the connection")
            abort(side)
            return
        }
        proxy.ended(self, cause: "the \(side == .client ? "client" : "upstream") reset it")
        resetBoth()
    }

    func inactive(_ side: Side) {
        self[side].isActive = false
        // Once our FIN is sent, NIO reports the end's FIN as the end of its channel; a RST has come as an error before.
        if self[side].isFinished, !self[side].hasEnded, !isOver, !session.isSilent { inputClosed(side) }
        let isClean = self[side].hasEnded && self[side].isFinished
        if !isOver, !session.isSilent, !isClean, self[side.other].isActive {
            proxy.ended(self, cause: "the \(side == .client ? "client" : "upstream") ended it")
            resetBoth()
        }
        guard !self[side.other].isActive else { return }
        isOver = true
        timer?.task.cancel()
        timer = nil
        proxy.gone(self)
    }

    // MARK: - Reading and writing

    /// Reads on if the other end takes what comes (RELAY-3, back-pressure).
    private func readMore(_ side: Side) {
        guard let channel = self[side].channel, self[side].isActive, !self[side].hasEnded else { return }
        if !session.isSilent {
            guard let peer = self[side.other].channel, peer.isWritable,
                self[side].link.buffered < proxy.relay.limits.chainBytes
            else {
                self[side].isStalled = true
                return
            }
        }
        self[side].isStalled = false
        channel.read()
    }

    private func write(_ buffer: ByteBuffer, to side: Side) {
        guard let channel = self[side].channel, !self[side].isFinished else { return }
        self[side].needsFlush = true
        channel.write(buffer, promise: nil)
    }

    private func flush(_ side: Side) {
        guard self[side].needsFlush else { return }
        self[side].needsFlush = false
        self[side].channel?.flush()
    }

    /// Sends a FIN after what is written (half-close).
    private func finish(_ side: Side) {
        guard let channel = self[side].channel, !self[side].isFinished else { return }
        flush(side)
        self[side].isFinished = true
        // Not before all is written: NIO turns the close of a channel whose input is closed into a full one at once.
        channel.writeAndFlush(ByteBuffer()).whenSuccess { channel.close(mode: .output, promise: nil) }
        if ends.client.isFinished, ends.upstream.isFinished { proxy.ended(self, cause: "both ends closed it") }
    }

    // MARK: - Toxics and profile

    /// Takes over the proxy's toxics and profile as they are now.
    func applyToxics() {
        guard !isOver, self[.upstream].channel != nil, !session.isSilent else { return }
        let now = proxy.relay.now
        let toxics = proxy.toxics
        for side in [Side.client, .upstream] {
            let direction: StreamDirection = side == .client ? .upstream : .downstream
            self[side].link.setToxics(
                toxics.filter { $0.kind.isOfStream && $0.direction == direction }, now: now,
                using: &proxy.relay.generator)
        }
        session.rules = toxics.compactMap { rule($0, now: now) }
        if let idle = proxy.description.profile.idleRule(now: now) { session.rules.append(idle) }
        tick()
    }

    private func rule(_ toxic: Toxic, now: UInt64) -> SessionMachine.Rule? {
        guard !toxic.kind.isOfStream, !toxic.kind.isDisruption else { return nil }
        if decided[toxic.number]?.version != toxic.version {
            decided[toxic.number] = (
                toxic.version, now, toxic.toxicity.admits(using: &proxy.relay.generator)
            )
        }
        guard let known = decided[toxic.number], known.isActive else { return nil }
        let (cause, ending): (SessionMachine.Rule.Cause, SessionMachine.Ending) =
            switch toxic.kind {
            case .idleReset: (.idle(toxic.attributes.nanoseconds("timeout")), .reset)
            case .idleSilent: (.idle(toxic.attributes.nanoseconds("timeout")), .silent)
            case .limitTime: (.age(toxic.attributes.nanoseconds("time")), .reset)
            default: (.age(0), .silent)
            }
        return SessionMachine.Rule(cause: cause, ending: ending, armedAt: known.armedAt, name: toxic.name)
    }

    /// Does what is due, and sets the timer for what comes next.
    private func tick() {
        guard !isOver else { return }
        let now = proxy.relay.now
        noteSegments(now: now)
        if let due = session.due(now: now) {
            if case .idle = due.rule.cause { proxy.report(.idle, self, cause: due.rule.name) }
            switch due.ending {
            case .reset: return reset(cause: due.rule.name)
            case .silent: silence(cause: due.rule.name)
            }
        }
        if !ends.client.link.isTransparent { advance(.client, now: now) }
        if !isOver, !ends.upstream.link.isTransparent { advance(.upstream, now: now) }
        if let next = session.nextTimer { schedule(at: next) }
        if let interval = session.watchInterval { schedule(at: now + interval) }
    }

    /// A keep-alive renews a session at the firewall (IDLE-1). Here the kernel answers it, and only its count of segments
    /// shows that it came.
    private func noteSegments(now: UInt64) {
        guard session.watchInterval != nil else { return }
        for side in [Side.client, .upstream] {
            guard let channel = self[side].channel, self[side].isActive else { continue }
            SegmentCount.read(channel, now: now) { [self] count in
                if let last = self[side].segments, let time = count.lastSegment(since: last) {
                    session.activity(now: time)
                }
                self[side].segments = count
            }
        }
    }

    private func advance(_ side: Side, now: UInt64) {
        let output = self[side].link.advance(now: now, using: &proxy.relay.generator)
        for item in output.items {
            switch item {
            case .bytes(let buffer, _): write(buffer, to: side.other)
            case .end: finish(side.other)
            }
        }
        flush(side.other)
        switch output.verdict {
        case .close?: return close(cause: "a toxic closed it")
        case .reset?: return reset(cause: "reset_peer")
        case nil: break
        }
        if let timer = output.timer { schedule(at: timer) }
        if self[side].isStalled { readMore(side) }
    }

    /// A timer is not moved by activity: when it fires, the deadline is computed again.
    private func schedule(at due: UInt64) {
        if let timer, timer.due <= due { return }
        timer?.task.cancel()
        let task = proxy.relay.loop.scheduleTask(deadline: .uptimeNanoseconds(due)) { [self] in
            timer = nil
            tick()
        }
        timer = (due, task)
    }

    // MARK: - Endings

    /// RST to both ends.
    func reset(cause: String) {
        guard !isOver else { return }
        proxy.report(.reset, self, cause: cause)
        resetBoth()
    }

    func close(cause: String) {
        guard !isOver else { return }
        proxy.report(.cut, self, cause: cause)
        closeBoth()
    }

    /// From now on what comes in is swallowed. It can't be undone: bytes are lost.
    func silence(cause: String) {
        guard !isOver, !session.isSilent else { return }
        session.becomeSilent()
        silentSince = proxy.relay.now
        ends.client.link = ToxicLink()
        ends.upstream.link = ToxicLink()
        proxy.report(.silent, self, cause: cause)
        proxy.relay.silencer?(self)
        readMore(.client)
        readMore(.upstream)
    }

    var isSilentUnnoticed: Bool { session.isSilent && !isNoticed }

    /// In a namespace, where no packet shows it.
    func noticedInItsNetwork() { noticed("its socket is closed") }

    private func noticed(_ how: String) {
        guard !isNoticed, let silentSince else { return }
        isNoticed = true
        noticedAfter = proxy.relay.now - silentSince
        proxy.report(.noticed, self, cause: how)
    }

    private func resetBoth() {
        isOver = true
        abort(.client)
        abort(.upstream)
        timer?.task.cancel()
        timer = nil
    }

    private func closeBoth() {
        isOver = true
        for side in [Side.client, .upstream] {
            guard let channel = self[side].channel, channel.isActive else { continue }
            channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
        }
        timer?.task.cancel()
        timer = nil
    }

    private func abort(_ side: Side) {
        guard let channel = self[side].channel, channel.isActive else { return }
        channel.abort()
    }
}
