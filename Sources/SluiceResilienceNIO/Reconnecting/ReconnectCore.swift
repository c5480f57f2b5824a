import Logging
import NIOCore
import NIOPosix
import NIOSSL
import SluiceResilience

/// Carries out what a ``ReconnectMachine`` directs.
///
/// Confined to its event loop; that is why it may be declared `Sendable`.
final class ReconnectCore<Connection: Sendable>: @unchecked Sendable {
    /// Where to connect, and what a connection is made of.
    struct Target: Sendable {
        let host: String
        let port: Int
        let bootstrap: @Sendable (any EventLoop) -> ClientBootstrap
        let initializer: @Sendable (any Channel) -> EventLoopFuture<Connection>
    }

    /// An attempt whose result is not known yet.
    private struct Pending {
        let attempt: Int
        /// Since TCP is connected.
        var channel: (any Channel)?
        var timeout: Scheduled<Void>?
    }

    /// A connection in use, or one that was replaced and is not closed yet.
    private struct Link {
        let channel: any Channel
        let since: ContinuousClock.Instant
        var isReplaced = false
    }

    let eventLoop: any EventLoop
    private let target: Target
    private let limits: SharedHostLimits
    private let settings: ReconnectSettings
    private let logger: Logger?
    private let events: AsyncStream<ReconnectEvent<Connection>>.Continuation
    private var machine: ReconnectMachine
    private var generator = SystemRandomNumberGenerator()
    private var timer: Scheduled<Void>?
    private var pending: Pending?
    private var links: [Int: Link] = [:]

    init(
        target: Target, eventLoop: any EventLoop, limits: SharedHostLimits, settings: ReconnectSettings,
        logger: Logger?, events: AsyncStream<ReconnectEvent<Connection>>.Continuation
    ) {
        self.target = target
        self.eventLoop = eventLoop
        self.limits = limits
        self.settings = settings
        self.logger = logger
        self.events = events
        machine = ReconnectMachine(policy: settings.policy, plannedReconnect: settings.plannedReconnect)
    }

    func start() {
        machine.start(now: .now)
        settle()
    }

    /// Ends everything. Can be called more than once.
    func close() -> EventLoopFuture<Void> {
        machine.close()
        settle()
        events.finish()
        let channels = links.values.map(\.channel) + [pending?.channel].compactMap { $0 }
        for channel in channels { channel.close(promise: nil) }
        return .andAllComplete(channels.map(\.closeFuture), on: eventLoop)
    }

    func endSoon() {
        eventLoop.execute { _ = self.close() }
    }

    // MARK: - The machine

    /// Does what is due, and sets the timer for what comes.
    private func settle() {
        steps: while true {
            let directive = limits.withLock { machine.advance(now: .now, limits: &$0, using: &generator) }
            switch directive {
            case .none: break steps
            case .connect(let attempt): connect(attempt)
            case .giveUp(let reason): giveUp(reason)
            }
        }
        timer?.cancel()
        timer = machine.nextTimer.map { due in
            let wait = ContinuousClock.now.duration(to: due)
            return eventLoop.scheduleTask(in: max(.zero, TimeAmount(wait))) { self.settle() }
        }
    }

    private func giveUp(_ reason: GiveUpReason) {
        logger?.error("\(target.host):\(target.port): gave up: \(reason)")
        events.yield(.gaveUp(reason))
        events.finish()
    }

    private func carryOut(_ directive: ReconnectMachine.LossDirective) {
        switch directive {
        case .retry(let wait): logger?.debug("\(target.host):\(target.port): next attempt after \(wait)")
        case .giveUp(let reason): giveUp(reason)
        case .awaitAttempt, .keep, .ignore: break
        }
        settle()
    }

    // MARK: - Attempts

    private func connect(_ attempt: Int) {
        pending = Pending(attempt: attempt)
        let (settings, target) = (settings, target)
        var bootstrap = target.bootstrap(eventLoop).connectTimeout(TimeAmount(settings.connectTimeout))
        if let times = settings.keepAlive { bootstrap = bootstrap.keepAlive(times) }
        bootstrap.channelInitializer { channel in
            let watch = ConnectionWatch(attempt: attempt, awaitsHandshake: settings.tls != nil, core: self)
            return channel.eventLoop.makeCompletedFuture {
                if let tls = settings.tls { try channel.pipeline.syncOperations.addHandler(self.handler(tls)) }
                try channel.pipeline.syncOperations.addHandler(watch)
            }.flatMap {
                target.initializer(channel)
            }.hop(to: channel.eventLoop).map {
                watch.connection = $0
            }
        }.connect(host: target.host, port: target.port).hop(to: eventLoop).whenComplete { result in
            switch result {
            case .success(let channel) where channel.isItsOwnPeer:
                self.failed(attempt, ItsOwnPeer())
                channel.close(promise: nil)
            case .success(let channel): self.reached(channel, attempt)
            case .failure(let error): self.failed(attempt, error)
            }
        }
        // SwiftNIO's own limit does not include the handshake.
        let timeout = eventLoop.scheduleTask(in: TimeAmount(settings.connectTimeout)) { self.timedOut(attempt) }
        if pending?.attempt == attempt { pending?.timeout = timeout } else { timeout.cancel() }
    }

    private func handler(_ tls: ClientTLS) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: target.host, port: 0)) != nil
        return try NIOSSLClientHandler(
            context: tls.context, serverHostname: tls.serverName ?? (isAddress ? nil : target.host))
    }

    /// TCP is connected.
    private func reached(_ channel: any Channel, _ attempt: Int) {
        precondition(
            channel.eventLoop === eventLoop, "the bootstrap must use the event loop that it was given")
        guard pending?.attempt == attempt else {
            channel.close(promise: nil)
            return
        }
        pending?.channel = channel
        guard let watch = try? channel.pipeline.syncOperations.handler(type: ConnectionWatch<Connection>.self) else {
            // It has ended already, and has reported it.
            return failed(attempt, ChannelError.eof)
        }
        if watch.isInactive { return failed(attempt, watch.error ?? ChannelError.eof) }
        if watch.isSecured { use(channel, watch) }
    }

    /// The TLS handshake is finished.
    func secured(_ watch: ConnectionWatch<Connection>) {
        guard pending?.attempt == watch.attempt, let channel = pending?.channel else { return }
        use(channel, watch)
    }

    private func timedOut(_ attempt: Int) {
        guard pending?.attempt == attempt else { return }
        let channel = pending?.channel
        failed(attempt, ChannelError.connectTimeout(TimeAmount(settings.connectTimeout)))
        channel?.close(promise: nil)
    }

    private func failed(_ attempt: Int, _ error: any Error) {
        guard pending?.attempt == attempt else { return }
        endPending()
        let failure = classify(error)
        logger?.debug("\(target.host):\(target.port): attempt \(attempt) failed (\(failure.rawValue)): \(error)")
        carryOut(
            limits.withLock {
                machine.failed(attempt: attempt, failure, now: .now, limits: &$0, using: &generator)
            })
    }

    private func endPending() {
        pending?.timeout?.cancel()
        pending = nil
    }

    private func classify(_ error: any Error) -> FailureClass {
        settings.classify(error) ?? FailureClass(error)
    }

    // MARK: - Connections

    private func use(_ channel: any Channel, _ watch: ConnectionWatch<Connection>) {
        endPending()
        let attempt = watch.attempt
        let now = ContinuousClock.now
        let directive = limits.withLock {
            machine.connected(attempt: attempt, now: now, limits: &$0, using: &generator)
        }
        guard directive != .discard, let connection = watch.connection else {
            channel.close(promise: nil)
            return
        }
        links[attempt] = Link(channel: channel, since: now)
        logger?.info("\(target.host):\(target.port): connected at attempt \(attempt)")
        events.yield(.connected(attempt: attempt, connection))
        if case .useInstead(let old) = directive { replace(old) }
        settle()
    }

    private func replace(_ old: Int) {
        guard let link = links[old] else { return }
        links[old]?.isReplaced = true
        eventLoop.scheduleTask(in: TimeAmount(settings.handOverTime)) { link.channel.close(promise: nil) }
    }

    /// A connection, or an attempt that had reached the other end, is over.
    func inactive(_ watch: ConnectionWatch<Connection>) {
        let attempt = watch.attempt
        guard let link = links.removeValue(forKey: attempt) else {
            if pending?.channel != nil { failed(attempt, watch.error ?? ChannelError.eof) }
            return
        }
        let now = ContinuousClock.now
        let failure = watch.error.map(classify) ?? .closed
        let cause: Disconnection.Cause =
            if watch.error != nil { .lost(failure) } else if link.isReplaced { .replaced } else if watch.isClosedHere {
                .closedHere
            } else { .lost(failure) }
        let end = Disconnection(
            attempt: attempt, cause: cause, age: link.since.duration(to: now), idle: watch.lastUse.duration(to: now))
        logger?.info("\(target.host):\(target.port): \(end)")
        events.yield(.disconnected(end))
        carryOut(machine.disconnected(attempt: attempt, failure, now: now, using: &generator))
    }
}
