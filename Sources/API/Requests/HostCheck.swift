import Policy

/// Checks that a request is meant for this server. A page from another site whose name resolves to this address (DNS
/// rebinding) sends its own host name.
struct HostCheck: Sendable {
    let settings: APISettings

    /// - Parameter host: the Host header, or the authority of the target; nil if there is none.
    func check(_ host: String?) throws(Problem) {
        guard let host, isOurs(host) else {
            throw Problem(
                .misdirected, "'\(host ?? "")' is not this server", remedy: "use the address \(settings.listen)")
        }
    }

    private func isOurs(_ host: String) -> Bool {
        guard let (name, port) = Self.parts(host) else { return false }
        if let port, port != settings.port { return false }
        if name == "localhost" { return settings.isLoopback }
        guard let address = NetworkAddress(name) else { return false }
        if address == settings.address { return true }
        let isAny = settings.address.value == 0
        // A client that uses one of our addresses did not come through a foreign name.
        return isAny
    }

    /// `name`, `name:port`, `[address]`, `[address]:port`
    static func parts(_ host: String) -> (name: String, port: UInt16?)? {
        var name = host[...]
        var port: UInt16?
        let end = host.hasPrefix("[") ? host.firstIndex(of: "]") : nil
        let search = end.map { host[$0...] } ?? host[...]
        if let colon = search.lastIndex(of: ":") {
            guard let number = UInt16(host[host.index(after: colon)...]) else { return nil }
            port = number
            name = host[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = name.dropFirst().dropLast()
        } else if name.contains(":") {
            return nil
        }
        return (name.lowercased(), port)
    }
}
