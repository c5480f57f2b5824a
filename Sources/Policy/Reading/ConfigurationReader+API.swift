import Yams

extension ConfigurationReader {
    /// `api: { listen: 127.0.0.1:8686, tls: { certificate: FILE, key: FILE } }`; nil if it is missing or wrong.
    mutating func api(_ section: Section) -> APISettings? {
        guard let node = section["api"],
            let api = self.section(node, path: "api", keys: ConfigurationReference.names(of: .api)),
            let text = requiredText(api, "listen", example: "127.0.0.1:\(APISettings.usualPort)")
        else { return nil }
        guard let (address, port) = Self.endpoint(text) else {
            report(
                api["listen"], "api.listen",
                "\"\(text)\" is not an address with a port: write for example 127.0.0.1:\(APISettings.usualPort) or "
                    + "\"[::1]:\(APISettings.usualPort)\"")
            return nil
        }
        var settings = APISettings(address: address, port: port)
        settings.listenPlace = place(api["listen"])
        settings.tls = tls(api)
        settings.isInsecure = boolean(api, "insecure") ?? false
        settings.limits = apiLimits(api)
        if !settings.isLoopback, api["tls"] == nil, !settings.isInsecure {
            report(
                api["listen"], "api.listen",
                "\(settings.listen) can be reached from other machines, and tokens would be sent unencrypted: write "
                    + "tls: { certificate: FILE, key: FILE }, or insecure: true")
        }
        return settings
    }

    private mutating func tls(_ api: Section) -> APISettings.TLS? {
        guard let node = api["tls"],
            let tls = section(node, path: "api.tls", keys: ConfigurationReference.names(of: .apiTLS))
        else { return nil }
        let certificate = absolutePath(tls, "certificate", example: "/etc/sluice/api.pem", isRequired: true)
        let key = absolutePath(tls, "key", example: "/etc/sluice/api.key", isRequired: true)
        guard let certificate, let key else { return nil }
        var result = APISettings.TLS(certificate: certificate, key: key)
        result.certificatePlace = place(tls["certificate"])
        result.keyPlace = place(tls["key"])
        return result
    }

    private mutating func apiLimits(_ api: Section) -> APISettings.Limits {
        var limits = APISettings.Limits()
        guard let node = api["limits"],
            let section = section(node, path: "api.limits", keys: ConfigurationReference.names(of: .apiLimits))
        else { return limits }
        func number(_ key: String, _ range: ClosedRange<Int>, _ usual: Int) -> Int {
            section[key] == nil ? usual : integer(section, key, in: range) ?? usual
        }
        limits.requestBytes = number("requestBytes", 1024...(64 << 20), limits.requestBytes)
        limits.connections = number("connections", 8...4096, limits.connections)
        limits.streams = number("streams", 1...1024, limits.streams)
        limits.requestsPerSecond = number("requestsPerSecond", 1...100_000, limits.requestsPerSecond)
        if limits.streams >= limits.connections {
            report(
                section["streams"] ?? section["connections"], "api.limits.streams",
                "\(limits.streams) streams leave none of the \(limits.connections) connections for requests: write fewer "
                    + "streams or more connections")
        }
        if let time = duration(section, "clientTime") {
            limits.clientNanoseconds = time
            if !(1_000_000_000...600_000_000_000).contains(time) {
                report(section["clientTime"], "api.limits.clientTime", "is not 1s to 10m")
            }
        }
        return limits
    }

    private func place(_ node: Node?) -> APISettings.Place { .init(file: file, line: node?.mark?.line) }

    /// `ADDRESS:PORT`, with an IPv6 address in brackets; nil if the text is something else.
    static func endpoint(_ text: String) -> (NetworkAddress, UInt16)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let address = NetworkAddress(String(host)), isBracketed == (address.family == .ipv6) else { return nil }
        return (address, port)
    }
}
