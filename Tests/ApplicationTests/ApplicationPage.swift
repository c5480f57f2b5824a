import Foundation

/// `docs/application-teams.md`, whose tables are made of `docs/application-teams.json`.
enum ApplicationPage {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let page = root.appendingPathComponent("docs/application-teams.md")
    static let data = root.appendingPathComponent("docs/application-teams.json")

    static func measurements() throws -> [Measurement] {
        try JSONDecoder().decode([Measurement].self, from: Data(contentsOf: data))
    }

    /// Replaces measurements, and writes the data and the page.
    static func write(_ measured: [Measurement]) throws {
        let others = (try? measurements())?.filter { old in
            !measured.contains { $0.application == old.application && $0.case == old.case && $0.passage == old.passage }
        }
        let order = Dictionary(uniqueKeysWithValues: Applications.all.enumerated().map { ($1.name, $0) })
        let cases = Dictionary(uniqueKeysWithValues: Case.allCases.enumerated().map { ($1, $0) })
        let all = ((others ?? []) + measured).filter { order[$0.application] != nil }.sorted { first, second in
            let key = { (row: Measurement) in
                (order[row.application] ?? 0, cases[row.case] ?? 0, row.passage)
            }
            return key(first) < key(second)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(all) + Data("\n".utf8)).write(to: data)
        let text = try String(contentsOf: page, encoding: .utf8)
        try Data(filled(text, with: all).utf8).write(to: page)
    }

    /// The page with its tables made of measurements.
    static func filled(_ text: String, with measurements: [Measurement]) -> String {
        var text = text
        for (name, table) in [("measured", table(measurements)), ("settings", settings())] {
            let (begin, end) = ("<!-- \(name): by ApplicationTests -->\n", "<!-- end of \(name) -->")
            guard let first = text.range(of: begin), let last = text.range(of: end) else { continue }
            text.replaceSubrange(first.upperBound..<last.lowerBound, with: "\n\(table)\n")
        }
        return text
    }

    // MARK: - Tables

    private static func table(_ measurements: [Measurement]) -> String {
        var lines = [
            "| application | what happens | the client | the server | through the relay |", "|---|---|---|---|---|",
        ]
        for application in Applications.all {
            var name = "**\(application.name)**"
            for measured in Case.allCases where application.cases.contains(measured) {
                let find = { (passage: String) in
                    measurements.first {
                        $0.application == application.name && $0.case == measured && $0.passage == passage
                    }
                }
                guard let row = find("gateway") else { continue }
                let isReset = measured.isReset && application.isTCP
                let cells = [
                    name, title(measured),
                    // Over UDP the server's end is used: the client's packets would begin another session.
                    text(row.client, isReset: isReset, isUsed: application.isTCP),
                    text(row.server, isReset: isReset, isUsed: !application.isTCP),
                    relayed(find("relay"), beside: row, isTCP: application.isTCP),
                ]
                lines.append("| \(cells.joined(separator: " | ")) |")
                name = ""
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func settings() -> String {
        var lines = ["| application | setting |", "|---|---|"]
        for application in Applications.all {
            lines.append(
                "| \(application.name) | \(application.setting ?? "none is necessary: its default is in time") |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func title(_ measured: Case) -> String {
        switch measured {
        case .idleNorthSouth: "idle, north-south"
        case .idleEastWest: "idle, east-west"
        case .drain: "drain"
        case .instanceDies: "instance dies"
        case .idleWithSetting: "idle, **with the setting**"
        case .instanceDiesWithSetting: "instance dies, with the setting"
        }
    }

    private static func text(_ notice: Notice, isReset: Bool, isUsed: Bool) -> String {
        let message = notice.message.map { " `\($0.replacing("|", with: "\\|").replacing("`", with: "'"))`" }
        let sequel: String =
            switch notice.sequel {
            case .reconnects: "; connects again"
            case .ends: "; ends"
            case .remains: notice.moment == .never ? "" : "; remains without a session"
            case nil: ""
            }
        switch notice.moment {
        case .survives: return "the session goes on"
        case .byItself:
            return (isReset ? "at once" : "by its own timer") + (message.map { ":\($0)" } ?? ", no message") + sequel
        case .atNextUse: return "at its next use" + (message.map { ":\($0)" } ?? ", no message") + sequel
        case .afterNextUse: return "its next use hangs, until" + (message ?? " it ends") + sequel
        case .never: return (isUsed ? "its next use hangs" : "notices nothing") + sequel
        }
    }

    private static func relayed(_ row: Measurement?, beside gateway: Measurement, isTCP: Bool) -> String {
        guard isTCP else { return "a relay carries TCP only" }
        guard let row else { return "its session was reset before" }
        if row.client == gateway.client && row.server == gateway.server { return "the same" }
        // A setting that a relay does not see saves nothing.
        let isReset = row.case.isReset || row.case == .idleWithSetting
        var parts: [String] = []
        if row.client != gateway.client {
            parts.append("client: \(text(row.client, isReset: isReset, isUsed: true))")
        }
        if row.server != gateway.server {
            parts.append("server: \(text(row.server, isReset: isReset, isUsed: false))")
        }
        return parts.joined(separator: "; ")
    }
}
