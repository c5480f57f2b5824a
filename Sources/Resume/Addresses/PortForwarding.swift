/// A local port, and the target that it leads to.
package struct PortForwarding: Sendable, Equatable {
    package let listener: HostPort
    package let target: HostPort

    package init(listener: HostPort, target: HostPort) {
        self.listener = listener
        self.target = target
    }

    /// Reads `LISTEN=TARGET`, like `127.0.0.1:5432=db:5432`. A port alone (`5432=db:5432`) is on the loopback address.
    package static func parse(_ text: String) throws(ResumeProblem) -> PortForwarding {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw ResumeProblem("'\(text)': write LISTEN=TARGET, like 127.0.0.1:5432=db:5432")
        }
        let listener = HostPort.portNumber(parts[0]) == nil || parts[0].isEmpty ? parts[0] : "127.0.0.1:\(parts[0])"
        return PortForwarding(listener: try .parseListener(listener), target: try .parse(parts[1]))
    }
}
