import Inspection
import Policy

/// Formats rules and their decisions for people.
enum PolicyRendering {
    /// - Parameter expands: whether service tags and application security groups are shown as their prefixes.
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
                session.map { "\($0.id), \($0.state), by rule \($0.rule): its packets pass without another evaluation" }
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

    /// The decision of a list, and which later rules also match.
    private static func verdict(_ step: PolicyExplanation.Step) -> String {
        let decides = step.rule == "none" ? "none matches" : "\(step.rule) (\(step.priority))"
        let later = step.laterRules.map { "\($0.rule) (\($0.priority) \($0.access))" }
        return "\(step.access) by \(decides)" + (later.isEmpty ? "" : "; later: \(items(later))")
    }

    /// The first few items of a list, and how many more there are.
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

/// Formats the changes that a file would make.
enum PolicyPreviewRendering {
    static func page(_ preview: PolicyPreview, file: String) -> String {
        guard !preview.isEmpty else { return "\(file): changes no rule, and ends no session\n" }
        var lines: [String] = []
        for change in preview.changes {
            let mark =
                switch change.kind {
                case .added: "+"
                case .removed: "-"
                case .changed: "~"
                case .shadowed: "!"
                }
            lines.append("\(mark) \(change.list): \(change.rule) \(change.kind.rawValue)\(reason(change))")
        }
        for zone in preview.zones {
            lines.append("~ zone \(zone.zone): group \(zone.old ?? "none") becomes \(zone.new ?? "none")")
        }
        lines.append("\(HumanText.count(preview.sessionsToEnd, of: "live session")) would end")
        for session in preview.sessions {
            lines.append(
                "  \(session.id) \(session.protocol) \(SessionRendering.endpoint(session.source)) to "
                    + "\(SessionRendering.endpoint(session.destination)), by rule \(session.rule)")
        }
        let more = preview.sessionsToEnd - preview.sessions.count
        if more > 0 { lines.append("  and \(HumanText.count(more)) more") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func reason(_ change: PolicyDifference.Change) -> String {
        guard change.kind == .shadowed else { return "" }
        if change.by.isEmpty { return ": \(ShadowText.noAddress)" }
        return " by \(ShadowText.names(change.by))\(change.by.count == 1 ? "" : " together"): it can never match"
    }
}

/// Why a rule can never match, as a text.
enum ShadowText {
    /// Names beyond these are counted; `--json` has all.
    private static let namesListed = 8

    static let noAddress = "it names no address, or only IPv4 on one side and only IPv6 on the other"

    /// `a`; `a and b`; `a, b and c`. Of a long list only the first ones.
    static func names(_ names: [String]) -> String {
        var listed = Array(names.prefix(namesListed))
        let more = names.count - listed.count
        if more > 0 { listed.append(HumanText.count(more, of: "other rule")) }
        guard listed.count > 1, let last = listed.popLast() else { return listed.joined() }
        return "\(listed.joined(separator: ", ")) and \(last)"
    }
}
