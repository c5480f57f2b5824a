package import NIOCore
import NIOPosix

/// A relay: proxies between clients and upstreams, that behave like a firewall (RELAY-1 to RELAY-3).
///
/// Everything of it is confined to one event loop: connections, proxies, and the control API. Calls from elsewhere go
/// through ``loop``.
package final class Relay: RelayControl, @unchecked Sendable {
    package let loop: any EventLoop
    package let limits: RelayLimits
    let listeners: any ListenerSource
    let waterMark: ChannelOptions.Types.WriteBufferWaterMark
    var generator = SystemRandomNumberGenerator()
    /// Of all proxies, with those that are being refused, and those of removed proxies that are not gone yet.
    var connectionCount = 0
    var refusedByLimit = 0
    private var proxies: [String: RelayProxy] = [:]
    private var connectionNumber = 0
    private var toxicNumber = 0
    private var said: Set<String> = []
    private var subscribers: [Int: (RelayEvent) -> Void] = [:]
    private var subscriberNumber = 0
    private let output: @Sendable (String) -> Void
    /// Makes a silent connection silent on the wire, too. Only in namespaces.
    var silencer: ((RelayedConnection) -> Void)?

    /// - Parameter output: writes a line for people.
    package init(
        loop: any EventLoop, limits: RelayLimits = RelayLimits(), listeners: any ListenerSource = OwnNetwork(),
        output: @escaping @Sendable (String) -> Void
    ) {
        self.loop = loop
        self.limits = limits
        self.listeners = listeners
        self.output = output
        waterMark = .init(low: limits.lowWaterMark, high: limits.highWaterMark)
    }

    /// Nanoseconds of the loop's clock.
    package var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    func nextConnectionNumber() -> Int {
        connectionNumber += 1
        return connectionNumber
    }

    package func nextToxicNumber() -> Int {
        toxicNumber += 1
        return toxicNumber
    }

    func log(_ text: String) { output(text) }

    /// Logs a line the first time only.
    func log(_ text: String, once key: String) {
        // Names come from clients: what is remembered has a limit.
        if said.count >= 1_000 { said = [] }
        if said.insert(key).inserted { output(text) }
    }

    /// Prints once for each toxic or profile that may be silent what it can't show (RELAY-3).
    ///
    /// - Parameter source: `toxic 'x' of proxy 'db'`.
    func sayWhatCannotBeShown(_ source: String) {
        guard silencer == nil else { return }
        log(
            "\(source) may be silent. What a relay can't show: its kernel goes on acknowledging what the client sends, so "
                + "sends succeed, and TCP's own give-up never starts. 'sluice relay --namespaces -- COMMAND' shows true silence.",
            once: source)
    }

    // MARK: - Events

    /// - Returns: a number for ``unsubscribe(_:)``.
    package func subscribe(_ body: @escaping (RelayEvent) -> Void) -> Int {
        subscriberNumber += 1
        subscribers[subscriberNumber] = body
        return subscriberNumber
    }

    package func unsubscribe(_ number: Int) { subscribers[number] = nil }

    func publish(_ event: RelayEvent) {
        counts[event.kind, default: 0] += 1
        guard !subscribers.isEmpty else { return }
        var event = event
        event.time = now
        for body in subscribers.values { body(event) }
    }

    /// How many events there were.
    private(set) var counts: [RelayEvent.Kind: Int] = [:]

    // MARK: - Control

    package var states: [String: ProxyState] { proxies.mapValues(\.state) }

    var allProxies: [RelayProxy] { proxies.sorted { $0.key < $1.key }.map(\.value) }

    package func add(_ description: ProxyDescription) throws(RelayProblem) -> ProxyState {
        guard proxies[description.name] == nil else { throw .proxyExists }
        guard proxies.count < limits.proxies else { throw .tooMany("proxies", limit: limits.proxies) }
        let proxy = RelayProxy(description, relay: self)
        if description.enabled { try proxy.start() }
        proxies[description.name] = proxy
        return proxy.state
    }

    package func change(_ name: String, to description: ProxyDescription) throws(RelayProblem) -> ProxyState {
        let proxy = try proxy(name)
        try proxy.change(to: description)
        return proxy.state
    }

    package func remove(_ name: String) throws(RelayProblem) {
        let proxy = try proxy(name)
        proxy.removeToxics()
        proxy.stop()
        proxies[name] = nil
    }

    package func addToxic(_ toxic: Toxic, to name: String) throws(RelayProblem) -> Int { try proxy(name).add(toxic) }

    package func changeToxic(_ toxic: Toxic, of name: String) throws(RelayProblem) { try proxy(name).change(toxic) }

    package func removeToxic(_ toxicName: String, of name: String) throws(RelayProblem) {
        let proxy = try proxy(name)
        guard let toxic = proxy.toxics.first(where: { $0.name == toxicName }) else { throw .toxicNotFound }
        proxy.remove(toxic.number)
    }

    package func resetAll() throws(RelayProblem) {
        for proxy in allProxies {
            try proxy.start()
            proxy.removeToxics()
        }
    }

    private func proxy(_ name: String) throws(RelayProblem) -> RelayProxy {
        guard let proxy = proxies[name] else { throw .proxyNotFound }
        return proxy
    }

    /// Closes all listening sockets and connections.
    package func stop() {
        for proxy in allProxies { proxy.stop() }
    }
}
