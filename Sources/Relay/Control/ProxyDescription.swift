/// A proxy, as control clients describe and see it.
package struct ProxyDescription: Equatable, Sendable {
    package var name: String
    /// `host:port`. Once it listens: with the address and port that it really has.
    package var listen: String
    package var upstream: String
    package var enabled: Bool
    package var profile = ProxyProfile()

    package init(
        name: String = "", listen: String = "", upstream: String = "", enabled: Bool = true,
        profile: ProxyProfile = ProxyProfile()
    ) {
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = enabled
        self.profile = profile
    }

    /// Merges a JSON object. What it does not have stays.
    package mutating func read(
        _ value: WireValue, goType: String = "toxiproxy.Proxy"
    ) throws(RelayProblem) {
        var changed = self
        try value.eachMember(ofType: goType) { (key, value) throws(RelayProblem) in
            switch key {
            case "name": changed.name = try value.asString("Proxy.name")
            case "listen": changed.listen = try value.asString("Proxy.listen")
            case "upstream": changed.upstream = try value.asString("Proxy.upstream")
            case "enabled": changed.enabled = try value.asBool("Proxy.enabled")
            default: _ = try changed.profile.read(key, value)
            }
        }
        if let problem = changed.profile.problem { throw .badBody(problem) }
        self = changed
    }

    /// Reads the body of `POST /populate`, or a configuration file.
    ///
    /// - Throws: with the number of the first proxy without a name or an upstream, before any is made.
    package static func readList(_ body: [UInt8]) throws(RelayProblem) -> [ProxyDescription] {
        let value = try WireValue.body(body)
        if value == .null { return [] }
        guard case .array(let values) = value else {
            throw .badBody(
                "json: cannot unmarshal \(value.kindName.split(separator: " ").first ?? "") into Go value of type "
                    + "[]struct { toxiproxy.Proxy; Enabled *bool \"json:\\\"enabled\\\"\" }")
        }
        var proxies: [ProxyDescription] = []
        for value in values {
            var proxy = ProxyDescription()
            try proxy.read(value)
            proxies.append(proxy)
        }
        for (index, proxy) in proxies.enumerated() {
            guard !proxy.name.isEmpty else { throw .missing("name at proxy \(index + 1)") }
            guard !proxy.upstream.isEmpty else { throw .missing("upstream at proxy \(index + 1)") }
        }
        return proxies
    }
}

/// A proxy with its toxics.
package struct ProxyState: Equatable, Sendable {
    package var description: ProxyDescription
    /// First those of the stream `upstream`, each in the order in which they were added.
    package var toxics: [Toxic]

    package init(description: ProxyDescription, toxics: [Toxic]) {
        self.description = description
        self.toxics = toxics
    }

    /// `{"name":…,"listen":…,"upstream":…,"enabled":…,"toxics":[…]}`, and our keys if they are set.
    package var value: WireValue {
        .object(
            [
                WireMember(key: "name", value: .string(description.name)),
                WireMember(key: "listen", value: .string(description.listen)),
                WireMember(key: "upstream", value: .string(description.upstream)),
                WireMember(key: "enabled", value: .bool(description.enabled)),
                WireMember(key: "toxics", value: .array(toxics.map(\.value))),
            ] + description.profile.members)
    }
}
