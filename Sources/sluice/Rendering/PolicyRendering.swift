import Inspection

/// How rules and their decisions look.
enum PolicyRendering {
    /// - Parameter expands: whether service tags and application security groups are shown as the prefixes that they stand for.
    static func page(_ rules: [ActiveRule], expands: Bool = false, style: TextStyle = .plain) -> String {
        var table = TextTable([
            .left("LIST", spare: 2), .right("PRIORITY"), .left("NAME"), .left("ACCESS"), .left("PROTOCOL"),
            .left("SOURCE"), .left("PORTS", spare: 4), .left("DESTINATION"), .left("PORTS"), .left("IDLE", spare: 3),
            .right("ID", spare: 6), .right("SESSIONS", spare: 5),
        ])
        for rule in rules {
            table.add([
                rule.list, "\(rule.priority)", rule.name, rule.access, rule.protocol,
                items(expands ? rule.expandedSource : rule.source),
                items(rule.sourcePorts), items(expands ? rule.expandedDestination : rule.destination),
                items(rule.destinationPorts), idle(rule),
                "\(rule.identity)", HumanText.count(rule.sessions),
            ])
        }
        return table.text(style: style) + "What no rule allows is denied.\n"
    }

    static func page(_ explanation: PolicyExplanation) -> String {
        var facts = [
            (
                "packet",
                "\(explanation.protocol) \(SessionRendering.endpoint(explanation.source)) to "
                    + SessionRendering.endpoint(explanation.destination) + zones(explanation.zones)
            ),
            ("access", explanation.access),
            ("rule", explanation.rule == "none" ? "none matches, and what no rule allows is denied" : explanation.rule),
        ]
        facts += explanation.steps.map { (title($0), verdict($0)) }
        facts += [
            ("traffic class", explanation.trafficClass),
            ("direction", explanation.direction),
        ]
        if explanation.access == "Allow" {
            facts.append(
                (
                    "idle timeout",
                    "\(HumanText.setting(seconds: explanation.idleTimeoutSeconds)), then \(explanation.onIdle)"
                ))
        }
        let session = explanation.session
        facts.append(
            (
                "session",
                session.map { "\($0.id), \($0.state), by rule \($0.rule): its packets pass without being judged again" }
                    ?? "none"
            ))
        return SessionRendering.aligned(facts)
    }

    private static func zones(_ zones: SessionView.Zones) -> String {
        (zones.source == "none" ? "" : ", from zone \(zones.source)")
            + (zones.destination == "none" ? "" : ", to zone \(zones.destination)")
    }

    private static func title(_ step: PolicyExplanation.Step) -> String {
        switch step.stage {
        case "outboundGroup": "group \(step.group), outbound"
        case "inboundGroup": "group \(step.group), inbound"
        default: "own rules"
        }
    }

    /// What a list says, and which rules it has kept from deciding.
    private static func verdict(_ step: PolicyExplanation.Step) -> String {
        let decides = step.rule == "none" ? "none matches" : "\(step.rule) (\(step.priority))"
        let later = step.laterRules.map { "\($0.rule) (\($0.priority) \($0.access))" }
        return "\(step.access) by \(decides)" + (later.isEmpty ? "" : "; later: \(items(later))")
    }

    /// The first few of a list, and how many more.
    private static func items(_ items: [String]) -> String {
        let shown = items.prefix(3).joined(separator: ",")
        return items.count > 3 ? "\(shown),+\(items.count - 3)" : shown
    }

    private static func idle(_ rule: ActiveRule) -> String {
        var parts: [String] = []
        if rule.idleTimeoutSeconds > 0 { parts.append(HumanText.setting(seconds: rule.idleTimeoutSeconds)) }
        if rule.onIdle != "byClass" { parts.append(rule.onIdle) }
        return parts.isEmpty ? "-" : parts.joined(separator: " ")
    }
}
