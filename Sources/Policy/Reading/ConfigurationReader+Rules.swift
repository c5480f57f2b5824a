import FlowCore
import Yams

extension ConfigurationReader {
    /// A rule, and where it was written.
    struct WrittenRule {
        var rule: FirewallRule
        var section: Section
    }

    /// The list `rules`. Rules that can't be read are left out and reported.
    mutating func rules(_ section: Section, profile: Profile?) -> [WrittenRule] {
        readRules(section, "rules", limit: ConfigurationLimits.rules, keys: ConfigurationReference.names(of: .rule)) {
            reader, section, rule in
            rule.destination = reader.addresses(section, "destination") ?? .any
            reader.readIdle(section, into: &rule, profile: profile)
        }
    }

    /// The list `hostRules`. Rules that can't be read are left out and reported.
    mutating func hostRules(_ section: Section) -> [WrittenRule] {
        let keys = ConfigurationReference.names(of: .hostRule)
        return readRules(section, "hostRules", limit: ConfigurationLimits.hostRules, keys: keys) { _, _, _ in }
    }

    private mutating func readRules(
        _ section: Section, _ key: String, limit: Int, keys: [String],
        rest: (inout ConfigurationReader, Section, inout FirewallRule) -> Void
    ) -> [WrittenRule] {
        guard let list = list(section, key) else { return [] }
        guard list.count <= limit else {
            report(
                section[key], key,
                "\(list.count) rules are more than \(limit): merge rules that differ only in addresses or ports")
            return []
        }
        var rules: [WrittenRule] = []
        var ruleByPriority: [Int: String] = [:]
        for (path, node) in list {
            subject = node.mapping?["name"]?.scalar.map { "rule \"\($0.string)\"" }
            defer { subject = nil }
            guard let section = self.section(node, path: path, keys: keys) else { continue }
            let name = name(section, example: "web")
            if section["priority"] == nil { reportMissing(section, "priority", example: "100") }
            if section["access"] == nil { reportMissing(section, "access", example: "Allow") }
            if section["protocol"] == nil { reportMissing(section, "protocol", example: "Tcp") }
            let priority = integer(section, "priority", in: ConfigurationLimits.priorities)
            var rule = FirewallRule(
                name: name ?? "", priority: priority ?? 0,
                access: choice(section, "access", RuleAccess.self) ?? .deny,
                ipProtocol: choice(section, "protocol", RuleProtocol.self) ?? .any)
            rule.source = addresses(section, "source") ?? .any
            rule.sourcePorts = ports(section, "sourcePorts", of: rule.ipProtocol)
            rule.destinationPorts = ports(section, "destinationPorts", of: rule.ipProtocol)
            rest(&self, section, &rule)
            if let priority, let other = ruleByPriority.updateValue(name ?? path, forKey: priority) {
                report(
                    section["priority"], section.path(of: "priority"),
                    "\(priority) is the priority of the rule \"\(other)\" too: give each rule of \(key) its own")
            }
            rules.append(WrittenRule(rule: rule, section: section))
        }
        return rules
    }

    /// Checks across all rules: names used twice, too many prefixes or ports in total.
    mutating func checkTogether(_ rules: [WrittenRule]) {
        var pathByName: [String: String] = [:]
        for written in rules where !written.rule.name.isEmpty {
            let path = written.section.path
            if let other = pathByName.updateValue(path, forKey: written.rule.name) {
                report(
                    written.section["name"], written.section.path(of: "name"),
                    "\"\(written.rule.name)\" is the name of \(other) too: give each rule its own, because sessions and logs refer to rules by name"
                )
            }
        }
        func distinct(_ side: String, _ what: String, _ count: Int, _ limit: Int) {
            guard count > limit else { return }
            report(
                nil, "rules",
                "\(count) different \(side) \(what) in total are more than \(limit): write fewer, larger ones")
        }
        let prefixes = ConfigurationLimits.prefixesPerSide
        let ranges = ConfigurationLimits.portRangesPerSide
        distinct("source", "prefixes", Set(rules.flatMap { $0.rule.source.prefixes }).count, prefixes)
        distinct("destination", "prefixes", Set(rules.flatMap { $0.rule.destination.prefixes }).count, prefixes)
        distinct("source", "port ranges", Set(rules.flatMap { $0.rule.sourcePorts.ranges }).count, ranges)
        distinct("destination", "port ranges", Set(rules.flatMap { $0.rule.destinationPorts.ranges }).count, ranges)
    }

    /// A rule's addresses; nil, and reported, if they are missing or wrong.
    mutating func addresses(_ section: Section, _ key: String) -> AddressMatch? {
        guard section[key] != nil else {
            reportMissing(section, key, example: "[10.1.0.0/16], or \(key): \"*\" for all")
            return nil
        }
        guard let items = oneOrMany(section, key) else { return nil }
        if items.contains(where: { $0.text == "*" }) {
            if items.count > 1 {
                report(
                    section[key], section.path(of: key),
                    "contains \"*\" and other items: write only \"*\", or only the others")
            }
            return .any
        }
        return .prefixes(
            items.compactMap { path, node, text in
                do throws(AddressPrefix.Mistake) {
                    return try AddressPrefix(parsing: text)
                } catch {
                    report(node, path, "\"\(text)\" \(error)")
                    return nil
                }
            })
    }

    /// A rule's ports; ``PortMatch/any`` if the key is missing.
    mutating func ports(_ section: Section, _ key: String, of ipProtocol: RuleProtocol) -> PortMatch {
        guard let items = oneOrMany(section, key) else { return .any }
        if items.contains(where: { $0.text == "*" }) {
            if items.count > 1 {
                report(
                    section[key], section.path(of: key),
                    "contains \"*\" and other items: write only \"*\", or only the others")
            }
            return .any
        }
        guard ipProtocol.hasPorts else {
            report(section[key], section.path(of: key), "\(ipProtocol.rawValue) has no ports: remove the key")
            return .any
        }
        if items.count == 1, items[0].text == "0-65535" { return .any }
        return .ranges(
            items.compactMap { path, node, text in
                do throws(PortRange.Mistake) {
                    return try PortRange(parsing: text)
                } catch {
                    report(node, path, "\"\(text)\" \(error)")
                    return nil
                }
            })
    }

    /// `idleTimeout` and `onIdle` (IDLE-5).
    private mutating func readIdle(_ section: Section, into rule: inout FirewallRule, profile: Profile?) {
        guard section["idleTimeout"] != nil || section["onIdle"] != nil else { return }
        if rule.access == .deny, section["access"] != nil {
            for key in ["idleTimeout", "onIdle"] where section[key] != nil {
                report(section[key], section.path(of: key), "a rule with access Deny has no sessions: remove the key")
            }
            return
        }
        if let nanoseconds = duration(section, "idleTimeout") {
            if Profile.customRange.contains(nanoseconds) {
                rule.idleTimeoutNanoseconds = nanoseconds
            } else {
                let written = DurationText.format(nanoseconds: nanoseconds)
                report(
                    section["idleTimeout"], section.path(of: "idleTimeout"),
                    "\(written) is out of range: write 1s to 7d")
            }
        }
        if let word = choice(section, "onIdle", OnIdleWord.self) {
            rule.onIdle = word.onIdle
            if word != .silent, rule.ipProtocol != .tcp, rule.ipProtocol != .any {
                report(
                    section["onIdle"], section.path(of: "onIdle"),
                    "only TCP sessions can be ended with \(word.rawValue), and the rule is for \(rule.ipProtocol.rawValue): write silent, or remove the key"
                )
            }
        }
        guard let profile, !profile.isCustom else { return }
        var exceptions: [String] = []
        if let timeout = rule.idleTimeoutNanoseconds {
            exceptions.append("idleTimeout \(DurationText.format(nanoseconds: timeout))")
        }
        if let onIdle = rule.onIdle { exceptions.append("onIdle \(onIdle)") }
        guard !exceptions.isEmpty else { return }
        notices.append(
            "\(section.path): rule \"\(rule.name)\" is an exception to the profile \(profile.rawValue): \(exceptions.joined(separator: ", "))"
        )
    }

    /// The values of the key `onIdle`.
    private enum OnIdleWord: String, CaseIterable {
        case reset
        case silent
        case probe

        var onIdle: OnIdle {
            switch self {
            case .reset: .reset
            case .silent: .silent
            case .probe: .probe
            }
        }
    }
}

extension AddressMatch {
    /// The prefixes; empty if all addresses match.
    var prefixes: [AddressPrefix] {
        switch self {
        case .any: []
        case .prefixes(let prefixes): prefixes
        }
    }
}

extension PortMatch {
    /// The ranges; empty if all ports match.
    var ranges: [PortRange] {
        switch self {
        case .any: []
        case .ranges(let ranges): ranges
        }
    }
}
