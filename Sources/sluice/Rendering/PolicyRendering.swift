import Inspection

/// How rules and their decisions look.
enum PolicyRendering {
    static func page(_ rules: [ActiveRule], style: TextStyle = .plain) -> String {
        var table = TextTable([
            .left("LIST"), .right("PRIORITY"), .left("NAME"), .left("ACCESS"), .left("PROTOCOL"), .left("SOURCE"),
            .left("PORTS"), .left("DESTINATION"), .left("PORTS"), .left("IDLE"), .right("ID"), .right("SESSIONS"),
        ])
        for rule in rules {
            table.add([
                rule.list, "\(rule.priority)", rule.name, rule.access, rule.protocol, items(rule.source),
                items(rule.sourcePorts), items(rule.destination), items(rule.destinationPorts), idle(rule),
                "\(rule.identity)", HumanText.count(rule.sessions),
            ])
        }
        return table.text(style: style) + "What no rule allows is denied.\n"
    }

    static func page(_ explanation: PolicyExplanation, zone: String? = nil) -> String {
        var facts = [
            (
                "packet",
                "\(explanation.protocol) \(SessionRendering.endpoint(explanation.source)) to "
                    + SessionRendering.endpoint(explanation.destination) + (zone.map { ", from zone \($0)" } ?? "")
            ),
            ("access", explanation.access),
            ("rule", explanation.rule == "none" ? "none matches, and what no rule allows is denied" : explanation.rule),
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
