import Policy

/// Whether a request is meant for this server: a page from elsewhere that has got its name resolved to this address
/// (DNS rebinding) sends its own name.
struct HostCheck: Sendable {
    let settings: APISettings

    /// - Parameter host: the Host header, or the authority of the target; nil: there is none.
    func check(_ host: String?) throws(Problem) {
        guard let host, isOurs(host) else {
            throw Problem(
                .misdirected, "'\(host ?? "")' is not this server", remedy: "ask for \(settings.listen) by its address")
        }
    }

    private func isOurs(_ host: String) -> Bool {
        guard let (name, port) = Self.parts(host) else { return false }
        if let port, port != settings.port { return false }
        if name == "localhost" { return settings.isLoopback }
        guard let address = NetworkAddress(name) else { return false }
        if address == settings.address { return true }
        let isAny = settings.address.value == 0
        // Whoever knows one of our addresses has not been led here by a name.
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
