/// Where a relay's listening sockets come from: this process's network, or the network of a namespace.
package protocol ListenerSource: Sendable {
    /// Opens a socket that listens, and returns it with its real address.
    func open(_ address: String) throws(RelayProblem) -> (descriptor: Int32, text: String)
}

/// The network of this process.
package struct OwnNetwork: ListenerSource {
    package init() {}

    package func open(_ address: String) throws(RelayProblem) -> (descriptor: Int32, text: String) {
        try ListenAddress.resolve(address).open()
    }
}
