/// Where the server may connect to: a name, or the addresses of a network, with a range of ports.
package struct AllowRule: Sendable, Hashable, CustomStringConvertible {
    package enum Subject: Sendable, Hashable {
        /// Lower case, without a final dot. It permits this name, whatever its addresses are.
        case name(String)
        /// It permits these addresses, also as addresses of a name.
        case prefix(IPPrefix)
    }

    package let subject: Subject
    package let ports: ClosedRange<UInt16>

    package static let form =
        "write HOST:PORT, like db:5432, 10.9.0.0/24:3200-3299 or [2001:db8::]/32:443; a port range is FIRST-LAST"

    /// Reads one or more rules, separated by commas.
    package static func parseList(_ text: String) throws(ResumeProblem) -> [AllowRule] {
        var rules: [AllowRule] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) { rules.append(try parse(part)) }
        return rules
    }

    static func parse(_ text: some StringProtocol) throws(ResumeProblem) -> AllowRule {
        guard let colon = text.lastIndex(of: ":") else { throw ResumeProblem("'\(text)' has no port: \(form)") }
        let ports = try range(text[text.index(after: colon)...], of: text)
        let host = String(text[..<colon])
        return AllowRule(subject: try subject(host, of: text), ports: ports)
    }

    private static func range(
        _ part: some StringProtocol, of text: some StringProtocol
    ) throws(ResumeProblem) -> ClosedRange<UInt16> {
        let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map {
            HostPort.portNumber($0)
        }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, first > 0 else {
            throw ResumeProblem("'\(text)': '\(part)' is not a port or a range of ports: \(form)")
        }
        guard first <= last else {
            throw ResumeProblem("'\(text)': the range of ports begins after its end: write \(last)-\(first)")
        }
        return first...last
    }

    private static func subject(_ host: String, of text: some StringProtocol) throws(ResumeProblem) -> Subject {
        guard !host.isEmpty else { throw ResumeProblem("'\(text)' has no host: \(form)") }
        if host.contains("/") || host.contains(":") || host.hasPrefix("[") {
            // `[2001:db8::]/32` and `[2001:db8::/32]` are both usual.
            let plain = host.filter { $0 != "[" && $0 != "]" }
            if host.contains(":"), !host.hasPrefix("[") {
                throw ResumeProblem("'\(text)': write an IPv6 address in brackets: \(form)")
            }
            do throws(ResumeProblem) {
                return .prefix(try IPPrefix.parse(plain))
            } catch {
                throw ResumeProblem("'\(text)': \(error.message)")
            }
        }
        if let address = try? IPPrefix.parse(host) { return .prefix(address) }
        guard host.utf8.allSatisfy({ HostPort.isNameByte($0) }) else {
            throw ResumeProblem(
                "'\(text)': '\(host)' is not a name or an address (a rule with a name permits that name only, without '*'): \(form)"
            )
        }
        return .name(AllowRule.normal(host))
    }

    /// A name as names are compared: DNS knows no case, and a final dot means nothing here.
    static func normal(_ name: some StringProtocol) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }

    package var description: String {
        let range = ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
        switch subject {
        case .name(let name): return "\(name):\(range)"
        case .prefix(let prefix):
            guard prefix.address.isIPv6 else { return "\(prefix):\(range)" }
            let length = prefix.length == 128 ? "" : "/\(prefix.length)"
            return "[\(prefix.address)]\(length):\(range)"
        }
    }
}

/// The server's rules about targets. What no rule permits is denied.
package struct AllowList: Sendable {
    package let rules: [AllowRule]

    package init(_ rules: [AllowRule]) { self.rules = rules }

    /// What is known before a name is resolved.
    package enum Judgement: Sendable, Equatable {
        case denied
        /// Permitted by this rule, whatever the addresses are.
        case permitted(AllowRule)
        /// A name without a rule of its own: only with an address for which ``rule(for:port:)`` has a rule.
        case byAddress
    }

    /// Judges a target as the client wrote it. An address is judged as such; a name is not resolved here.
    package func judge(_ target: HostPort) -> Judgement {
        if let address = IPAddress(target.host) {
            return rule(for: address, port: target.port).map { .permitted($0) } ?? .denied
        }
        let name = AllowRule.normal(target.host)
        var mayDepend = false
        for rule in rules where rule.ports.contains(target.port) {
            switch rule.subject {
            case .name(name): return .permitted(rule)
            case .name: continue
            case .prefix: mayDepend = true
            }
        }
        return mayDepend ? .byAddress : .denied
    }

    /// The rule that permits an address.
    package func rule(for address: IPAddress, port: UInt16) -> AllowRule? {
        // `0.0.0.0` is not the address of a target: Linux connects to this machine.
        guard !address.isUnspecified else { return nil }
        return rules.first { rule in
            guard case .prefix(let prefix) = rule.subject else { return false }
            return rule.ports.contains(port) && prefix.contains(address)
        }
    }
}
