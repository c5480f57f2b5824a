import Inspection
import Policy

/// How the changes that a file would make look.
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
