/// The direction of a stream. `upstream` goes from the client to the server.
package enum StreamDirection: String, CaseIterable, Sendable {
    case upstream, downstream
}

/// A toxic of a proxy, as control clients see it.
package struct Toxic: Equatable, Sendable {
    package var name: String
    package var kind: ToxicKind
    package var direction: StreamDirection
    /// The share of connections that it acts on, 0 ... 1.
    package var toxicity: Float
    package var attributes: ToxicAttributes
    /// Distinguishes toxics of the same name, one after the other. Counts from 1.
    package var number: Int
    /// Increases with every change.
    package var version = 0

    /// Reads the body of `POST /proxies/{proxy}/toxics`.
    ///
    /// - Parameter defaults: the attributes that the body does not have.
    package static func read(
        _ body: [UInt8], number: Int, isTaken: (String) -> Bool, defaults: (ToxicKind) -> ToxicAttributes
    ) throws(RelayProblem) -> Toxic {
        try read(try WireValue.body(body), number: number, isTaken: isTaken, defaults: defaults)
    }

    /// The same, of a value that is already read.
    package static func read(
        _ value: WireValue, number: Int, isTaken: (String) -> Bool, defaults: (ToxicKind) -> ToxicAttributes
    ) throws(RelayProblem) -> Toxic {
        var (name, type, stream, toxicity) = ("", "", StreamDirection.downstream.rawValue, Float(1))
        var attributes: [WireValue] = []
        try value.eachMember(ofType: "toxics.ToxicWrapper") { (key, value) throws(RelayProblem) in
            switch key {
            case "name": name = try value.asString("ToxicWrapper.name")
            case "type": type = try value.asString("ToxicWrapper.type")
            case "stream": stream = try value.asString("ToxicWrapper.stream")
            case "toxicity": toxicity = try value.asFloat("ToxicWrapper.toxicity")
            case "attributes": attributes.append(value)
            default: break
            }
        }
        // toxiproxy takes the stream in any case, and shows it as it was written. Ours is always in lower case.
        guard let direction = StreamDirection(rawValue: stream.lowercased()) else { throw .invalidStream }
        guard let kind = ToxicKind(rawValue: type) else { throw .invalidToxicType }
        if name.isEmpty { name = "\(type)_\(direction.rawValue)" }
        guard !isTaken(name) else { throw .toxicExists }
        var toxic = Toxic(
            name: name, kind: kind, direction: direction, toxicity: toxicity, attributes: defaults(kind), number: number
        )
        for value in attributes { try toxic.attributes.read(value, of: kind) }
        return toxic
    }

    /// Reads the body of `POST` or `PATCH /proxies/{proxy}/toxics/{toxic}`: only attributes and toxicity may change.
    package mutating func update(_ body: [UInt8]) throws(RelayProblem) {
        let value = try WireValue.body(body)
        var changed = self
        try value.eachMember(ofType: "struct { Attributes interface {}; Toxicity float32 }") {
            (key, value) throws(RelayProblem) in
            switch key {
            case "attributes": try changed.attributes.read(value, of: changed.kind)
            case "toxicity": changed.toxicity = try value.asFloat(".toxicity")
            default: break
            }
        }
        changed.version += 1
        self = changed
    }

    /// Whether connections may become silent, which a relay can show only in part.
    package var mayBeSilent: Bool {
        switch kind {
        case .idleSilent, .silent, .recovery: true
        // Without a reset half the instance drops its connections.
        case .drain: attributes["reset"] == 0
        default: false
        }
    }

    /// `{"attributes":{…},"name":…,"type":…,"stream":…,"toxicity":…}`
    package var value: WireValue {
        .members([
            "attributes": attributes.value(of: kind), "name": .string(name), "type": .string(kind.rawValue),
            "stream": .string(direction.rawValue), "toxicity": .decimal(toxicity),
        ])
    }
}
