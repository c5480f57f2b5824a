import NIOCore
import NIOHTTP1
import NIOPosix

/// The HTTP server of the control API, on the relay's event loop.
package final class RelayControlServer: @unchecked Sendable {
    let relay: Relay
    let api: RelayAPI
    private var connections = 0
    private var streams = 0
    private var listener: (any Channel)?

    /// - Parameter version: of Sluice.
    package init(relay: Relay, version: String) {
        self.relay = relay
        api = RelayAPI(control: relay, version: version)
    }

    /// Listens on `host:port`. To be called on the relay's loop.
    ///
    /// - Returns: the real address.
    package func start(_ address: String) throws(RelayProblem) -> String {
        let (descriptor, text) = try relay.listeners.open(address)
        ServerBootstrap(group: relay.loop)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(
                        IdleStateHandler(readTimeout: RelayLimits.controlPatience))
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(self))
                }
            }
            .withBoundSocket(descriptor)
            .whenComplete { [self] result in
                switch result {
                case .success(let channel): listener = channel
                case .failure(let error): relay.log("the control API can't listen on \(text): \(error)")
                }
            }
        return text
    }

    func opened() -> Bool {
        connections += 1
        return connections <= relay.limits.controlConnections
    }

    func closed() { connections -= 1 }

    /// nil: there are too many streams already.
    func subscribe(_ body: @escaping (RelayEvent) -> Void) -> Int? {
        guard streams < relay.limits.eventStreams else { return nil }
        streams += 1
        return relay.subscribe(body)
    }

    func unsubscribe(_ number: Int) {
        streams -= 1
        relay.unsubscribe(number)
    }
}
