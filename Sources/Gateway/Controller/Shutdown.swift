internal import Kernel
internal import Policy

extension RunningGateway {
    /// How long an instance may take to end before it is killed.
    static let instancePatienceNanoseconds: UInt64 = 3_000_000_000
    /// How long the first instance of a new gateway may take until it serves.
    static let firstInstancePatienceNanoseconds: UInt64 = 15_000_000_000

    /// Takes the gateway down: the guard stands until nothing forwards any more, and after that as configured.
    ///
    /// - Throws: what could not be undone; everything else was.
    func shutDown() throws(GatewayError) {
        abandonReload()
        server.remove()
        api.stop()
        var failures: [String] = []
        func attempt(_ what: String, _ body: () throws -> Void) {
            do { try body() } catch { failures.append("\(what): \(error)") }
        }
        // First nothing is forwarded any more, and then the instances go: what they say of the sessions at last is all of it.
        for (name, interface) in attached.sorted(by: { $0.key < $1.key }) {
            attempt("interface \(name) could not be detached") { try attachment.detach(index: interface.index) }
        }
        announceStop()
        fleet.shutDown(patienceNanoseconds: Self.instancePatienceNanoseconds)
        tellStop()
        attempt("the datapath's pins could not be removed") { try datapath.unpin() }
        attempt("IP forwarding could not be restored") { try record.forwardingBefore.restore() }
        switch configuration.guardOnStop {
        case .keep:
            log.notice("the guard stays: nothing is forwarded between the zones until a gateway runs again")
        case .remove:
            awaitGuard()
            attempt("the guard could not be removed") { try Guard.remove(gateway: configuration.gateway) }
        }
        directory.remove()
        log.info("stopped")
        guard failures.isEmpty else { throw GatewayError(failures.joined(separator: "\n")) }
    }
}
