/// What a toxic does. The first seven are toxiproxy's, the others are ours.
package enum ToxicKind: String, CaseIterable, Sendable {
    case latency, bandwidth
    case slowClose = "slow_close"
    case timeout
    case resetPeer = "reset_peer"
    case slicer
    case limitData = "limit_data"

    /// No byte either way for a time, then a RST to both ends: an idle north-south session.
    case idleReset = "idle_reset"
    /// No byte either way for a time, then silence: an idle east-west session.
    case idleSilent = "idle_silent"
    /// Silence at once.
    case silent
    /// A RST to both ends of all connections; the toxic removes itself.
    case resetNow = "reset_now"
    /// An instance leaves: it refuses new connections, then resets its own.
    case drain
    /// Instances are replaced one after the other.
    case maintenance
    /// An instance fails and is replaced.
    case recovery
    /// A RST after a time, whether data flows or not.
    case limitTime = "limit_time"

    /// Whether it acts on one direction of a connection. The others act on a whole connection, or on all of a proxy.
    package var isOfStream: Bool {
        switch self {
        case .latency, .bandwidth, .slowClose, .timeout, .resetPeer, .slicer, .limitData: true
        case .idleReset, .idleSilent, .silent, .resetNow, .drain, .maintenance, .recovery, .limitTime: false
        }
    }

    /// Whether it acts on a whole proxy.
    package var isDisruption: Bool {
        switch self {
        case .resetNow, .drain, .maintenance, .recovery: true
        default: false
        }
    }

    /// The name in texts about wrong attributes: that of Go's struct.
    var goName: String {
        switch self {
        case .resetPeer: "ResetToxic"
        default: rawValue.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Toxic"
        }
    }

    /// Attributes, in the order in which they are shown.
    package var attributes: [ToxicAttribute] {
        switch self {
        case .latency: [.number("latency"), .number("jitter")]
        case .bandwidth: [.number("rate")]
        case .slowClose: [.number("delay")]
        case .timeout, .resetPeer: [.number("timeout")]
        case .slicer: [.number("average_size", "int"), .number("size_variation", "int"), .number("delay", "int")]
        case .limitData: [.number("bytes")]
        case .idleReset, .idleSilent: [.number("timeout")]
        case .silent, .resetNow: []
        case .drain:
            [.number("refuse"), .number("reset"), .word("refuse_with", Refusal.allCases.map(\.rawValue))]
        case .maintenance: [.number("instances"), .number("drain"), .flag("surge")]
        case .recovery:
            [
                .number("detect"), .number("replace"), .number("instances"),
                .word("refuse_with", Refusal.allCases.map(\.rawValue)),
            ]
        case .limitTime: [.number("time")]
        }
    }
}

/// What happens to a new connection while no instance takes it. A process can't refuse a SYN: the kernel has accepted
/// the connection already.
package enum Refusal: String, CaseIterable, Sendable {
    /// It is accepted and reset at once.
    case reset
    /// It is accepted and closed at once.
    case close
    /// It is accepted, and nothing follows.
    case hang
}

/// One attribute of a toxic.
package struct ToxicAttribute: Equatable, Sendable {
    package enum Form: Equatable, Sendable {
        /// With the name of Go's type, for error texts.
        case number(goType: String)
        case flag
        case word([String])
    }

    package var name: String
    package var form: Form

    static func number(_ name: String, _ goType: String = "int64") -> ToxicAttribute {
        ToxicAttribute(name: name, form: .number(goType: goType))
    }
    static func flag(_ name: String) -> ToxicAttribute { ToxicAttribute(name: name, form: .flag) }
    static func word(_ name: String, _ words: [String]) -> ToxicAttribute {
        ToxicAttribute(name: name, form: .word(words))
    }
}

/// The attributes of one toxic: milliseconds, bytes, KB/s and counts as numbers.
package struct ToxicAttributes: Equatable, Sendable {
    package var numbers: [String: Int64] = [:]
    package var flags: [String: Bool] = [:]
    package var words: [String: String] = [:]

    package init(numbers: [String: Int64] = [:], flags: [String: Bool] = [:], words: [String: String] = [:]) {
        self.numbers = numbers
        self.flags = flags
        self.words = words
    }

    package subscript(_ name: String) -> Int64 { numbers[name] ?? 0 }

    /// The longest time, 10 years: sums of several never overflow.
    private static let longest: UInt64 = 10 * 365 * 86_400 * 1_000_000_000

    /// A number of milliseconds in nanoseconds, at most 10 years.
    package func nanoseconds(_ name: String) -> UInt64 {
        let (product, overflow) = UInt64(max(self[name], 0)).multipliedReportingOverflow(by: 1_000_000)
        return overflow ? Self.longest : min(product, Self.longest)
    }

    package var refusal: Refusal { words["refuse_with"].flatMap(Refusal.init(rawValue:)) ?? .reset }

    /// Merges the value of the key `attributes` of a body.
    mutating func read(_ value: WireValue, of kind: ToxicKind) throws(RelayProblem) {
        let attributes = kind.attributes
        var changed = self
        try value.eachMember(ofType: "toxics.\(kind.goName)") { (key, value) throws(RelayProblem) in
            guard let attribute = attributes.first(where: { $0.name == key }) else { return }
            let field = "\(kind.goName).attributes.\(attribute.name)"
            switch attribute.form {
            case .number(let goType):
                let number = try value.asInteger(field, goType)
                guard number >= 0 else { throw .badBody("\(attribute.name) must be 0 or more, not \(number)") }
                changed.numbers[key] = number
            case .flag: changed.flags[key] = try value.asBool(field)
            case .word(let words):
                let word = try value.asString(field)
                guard words.contains(word) else {
                    throw .badBody("\(attribute.name) must be \(words.joined(separator: ", ")), not '\(word)'")
                }
                changed.words[key] = word
            }
        }
        if let problem = changed.problem(of: kind) { throw .badBody(problem) }
        self = changed
    }

    private func problem(of kind: ToxicKind) -> String? {
        guard kind == .maintenance || kind == .recovery else { return nil }
        let most = 50
        return (1...most).contains(Int(self["instances"]))
            ? nil : "instances must be 1 to \(most), not \(self["instances"])"
    }

    func value(of kind: ToxicKind) -> WireValue {
        .object(
            kind.attributes.map { attribute in
                let value: WireValue =
                    switch attribute.form {
                    case .number: .integer(self[attribute.name])
                    case .flag: .bool(flags[attribute.name] ?? false)
                    case .word: .string(words[attribute.name] ?? "")
                    }
                return WireMember(key: attribute.name, value: value)
            })
    }
}
