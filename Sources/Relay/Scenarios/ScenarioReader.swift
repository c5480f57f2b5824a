import Policy
import Yams

/// Reads a scenario from YAML. Proxies and toxics are read by the same code as those of the control API.
package enum ScenarioReader {
    private static let topKeys = ["proxies", "steps", "noticeWithin"]
    private static let proxyKeys = [
        "name", "listen", "upstream", "enabled", "profile", "trafficClass", "northSouthIdleTimeout", "timeScale",
    ]
    private static let stepKeys = [
        "at", "proxy", "toxic", "name", "stream", "toxicity", "attributes", "remove", "enabled",
    ]

    /// - Throws: ``ScenarioError`` with the line.
    package static func read(_ text: String) throws(ScenarioError) -> RelayScenario {
        let root: Node
        do {
            guard let node = try compose(yaml: text) else {
                throw ScenarioError(line: 1, text: "the scenario is empty: write 'proxies:' and 'steps:'")
            }
            root = node
        } catch let error as ScenarioError {
            throw error
        } catch let error as YamlError {
            throw ScenarioError(line: line(of: error), text: "this is not YAML: \(error)")
        } catch {
            throw ScenarioError(line: 1, text: "this is not YAML: \(error)")
        }
        var scenario = RelayScenario()
        let top = try members(root, keys: topKeys, of: "a scenario")
        guard let proxies = top["proxies"] else {
            throw ScenarioError(line: 1, text: "'proxies:' is missing: list each with name, listen and upstream")
        }
        for node in try list(proxies, "proxies") { scenario.proxies.append(try proxy(node, among: scenario.proxies)) }
        guard !scenario.proxies.isEmpty else {
            throw ScenarioError(
                line: line(proxies), text: "'proxies:' is empty: write at least one with name, listen and upstream")
        }
        if let steps = top["steps"] {
            for node in try list(steps, "steps") { scenario.steps.append(try step(node, scenario.proxies)) }
        }
        scenario.steps = scenario.steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
        if let node = top["noticeWithin"] { scenario.noticeWithin = try duration(node, "noticeWithin") }
        return scenario
    }

    private static func proxy(_ node: Node, among others: [ProxyDescription]) throws(ScenarioError) -> ProxyDescription
    {
        let keys = try members(node, keys: proxyKeys, of: "a proxy")
        var proxy = ProxyDescription()
        proxy.listen = "127.0.0.1:0"
        // Each key by itself, so that the error has its line.
        for key in proxyKeys {
            guard let value = keys[key] else { continue }
            // Of two keys that depend on each other the second one says so: both are read together.
            let together = key == "northSouthIdleTimeout" ? ["profile", key] : [key]
            let pairs = together.compactMap { key in keys[key].map { WireMember(key: key, value: wire($0)) } }
            do throws(RelayProblem) {
                try proxy.read(.object(pairs))
            } catch {
                throw ScenarioError(line: line(value), text: plain(error))
            }
        }
        for (key, text) in [("name", proxy.name), ("upstream", proxy.upstream)] where text.isEmpty {
            throw ScenarioError(line: line(node), text: "a proxy without '\(key)': add '\(key): …'")
        }
        guard !others.contains(where: { $0.name == proxy.name }) else {
            throw ScenarioError(line: line(node), text: "there are two proxies '\(proxy.name)': give each its own name")
        }
        return proxy
    }

    private static func step(_ node: Node, _ proxies: [ProxyDescription]) throws(ScenarioError) -> RelayScenario.Step {
        let keys = try members(node, keys: stepKeys, of: "a step")
        guard let at = keys["at"] else {
            throw ScenarioError(
                line: line(node), text: "a step without 'at': add the time after the start, like 'at: 2s'")
        }
        let time = try duration(at, "at")
        let names = proxies.map(\.name).joined(separator: ", ")
        let name =
            try keys["proxy"].map { node throws(ScenarioError) in try text(node, "proxy") }
            ?? (proxies.count == 1 ? proxies[0].name : nil)
        guard let name else {
            throw ScenarioError(line: line(node), text: "a step without 'proxy': write one of \(names)")
        }
        guard let proxy = proxies.first(where: { $0.name == name }) else {
            throw ScenarioError(
                line: line(keys["proxy"] ?? node), text: "there is no proxy '\(name)': write one of \(names)")
        }
        let actions = ["toxic", "remove", "enabled"].filter { keys[$0] != nil }
        guard actions.count == 1 else {
            throw ScenarioError(
                line: line(node),
                text: "a step does one thing: write one of 'toxic:', 'remove:' and 'enabled:'"
                    + (actions.isEmpty ? "" : ", not \(actions.joined(separator: " and "))"))
        }
        if let node = keys["remove"] {
            return RelayScenario.Step(at: time, proxy: name, action: .remove(try text(node, "remove")))
        }
        if let node = keys["enabled"] {
            guard case .bool(let value) = wire(node) else {
                throw ScenarioError(line: line(node), text: "enabled must be true or false")
            }
            return RelayScenario.Step(at: time, proxy: name, action: .enable(value))
        }
        return RelayScenario.Step(at: time, proxy: name, action: .add(try toxic(keys, proxy)))
    }

    /// The body of the request that the step stands for, checked.
    private static func toxic(_ keys: [String: Node], _ proxy: ProxyDescription) throws(ScenarioError) -> WireValue {
        guard let kind = keys["toxic"] else { return .null }
        let kindName = try text(kind, "toxic")
        guard ToxicKind(rawValue: kindName) != nil else {
            let known = ToxicKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ScenarioError(line: line(kind), text: "there is no toxic '\(kindName)': write one of \(known)")
        }
        var members = [WireMember(key: "type", value: .string(kindName))]
        for key in ["name", "stream", "toxicity", "attributes"] {
            if let node = keys[key] { members.append(WireMember(key: key, value: wire(node))) }
        }
        if let node = keys["attributes"], let kind = ToxicKind(rawValue: kindName), case .object(let given) = wire(node)
        {
            let known = kind.attributes.map(\.name)
            for attribute in given where !known.contains(attribute.key) {
                throw ScenarioError(
                    line: line(node),
                    text: "\(kindName) has no attribute '\(attribute.key)': "
                        + (known.isEmpty ? "it has none" : "write \(known.joined(separator: ", "))"))
            }
        }
        do throws(RelayProblem) {
            _ = try Toxic.read(
                .object(members), number: 0, isTaken: { _ in false }, defaults: { proxy.profile.defaults(of: $0) })
        } catch {
            throw ScenarioError(line: line(keys["attributes"] ?? kind), text: plain(error))
        }
        return .object(members)
    }

    // MARK: - Nodes

    private static func members(
        _ node: Node, keys known: [String], of what: String
    ) throws(ScenarioError) -> [String: Node] {
        guard case .mapping(let mapping) = node else {
            throw ScenarioError(line: line(node), text: "\(what) must have keys: \(known.joined(separator: ", "))")
        }
        var result: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.string ?? ""
            guard known.contains(name) else {
                throw ScenarioError(
                    line: line(key),
                    text: "unknown key '\(name)' of \(what): write one of \(known.joined(separator: ", "))")
            }
            result[name] = value
        }
        return result
    }

    private static func list(_ node: Node, _ key: String) throws(ScenarioError) -> [Node] {
        guard case .sequence(let sequence) = node else {
            throw ScenarioError(line: line(node), text: "'\(key)' must be a list: begin each with '- '")
        }
        return Array(sequence)
    }

    private static func text(_ node: Node, _ key: String) throws(ScenarioError) -> String {
        guard case .scalar(let scalar) = node else {
            throw ScenarioError(line: line(node), text: "\(key) must be one word")
        }
        return scalar.string
    }

    private static func duration(_ node: Node, _ key: String) throws(ScenarioError) -> UInt64 {
        let text = try text(node, key)
        guard let nanoseconds = DurationText.parse(text) else {
            throw ScenarioError(line: line(node), text: "\(key) must be a time like 500ms, 2s or 1m30s, not '\(text)'")
        }
        return nanoseconds
    }

    private static func wire(_ node: Node) -> WireValue {
        switch node {
        case .mapping(let mapping): .object(mapping.map { WireMember(key: $0.key.string ?? "", value: wire($0.value)) })
        case .sequence(let sequence): .array(sequence.map(wire))
        default:
            if let value = node.bool, node.tag.description.hasSuffix(":bool") || node.scalar?.style == .plain {
                .bool(value)
            } else if node.scalar?.style == .plain, node.int != nil || node.float != nil {
                .number(node.string ?? "")
            } else {
                .string(node.string ?? "")
            }
        }
    }

    private static func line(_ node: Node) -> Int { node.mark?.line ?? 1 }

    private static func line(of error: YamlError) -> Int {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: 1
        }
    }

    private static func plain(_ problem: RelayProblem) -> String {
        let prefix = "bad request body: "
        return problem.message.hasPrefix(prefix) ? String(problem.message.dropFirst(prefix.count)) : problem.message
    }
}
