import ArgumentParser
import Inspection

/// `sluice session`
struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Show sessions, and reset them.",
        discussion:
            "A session's id is its slot in hexadecimal and the slot's generation, for example 1a2b-7. No later session has the same id.",
        subcommands: [SessionList.self, SessionShow.self, SessionReset.self, SessionWatch.self, SessionTrace.self])
}

/// `sluice session list`
struct SessionList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List sessions.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var filter: FilterOptions
    @OptionGroup var output: OutputOption

    @Flag(
        name: .customLong("at-risk"),
        help: ArgumentHelp(
            "Only sessions that their idle timeout may end although they have users, the next one first.",
            discussion:
                "Established TCP sessions that have been idle for more than half of their timeout, of which no end's keep-alive was seen that is frequent enough."
        ))
    var isAtRisk = false

    @Option(help: "The maximum number of rows; 0 for all. By default JSON lists all.")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is \(limit): write 0 for all, or how many rows") }
    }

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        let limit = limit ?? (output.isJSON ? 0 : 1000)
        let all =
            isAtRisk
            ? writeAtRisk(inspector, limit: limit)
            : output.isJSON ? writeJSON(inspector, limit: limit) : writeTable(inspector, limit: limit)
        if limit > 0, all > limit {
            Console.note("\(HumanText.count(all - limit)) more: add --limit 0 to list all, or a filter")
        }
    }

    /// Writes the sessions at risk, ordered by the time that is left. Returns how many there are.
    private func writeAtRisk(_ inspector: GatewayInspector, limit: Int) -> Int {
        var sessions: [SessionView] = []
        inspector.forEachSession(filter.filter, atRisk: true) { sessions.append($0()) }
        sessions.sort { ($0.timeLeftSeconds, $0.id) < ($1.timeLeftSeconds, $1.id) }
        let shown = limit == 0 ? sessions[...] : sessions.prefix(limit)
        if output.isJSON {
            var row = JSONRow()
            Console.output("[")
            for (index, session) in shown.enumerated() {
                row.newLine(comma: index > 0)
                SessionRow.write(session, to: &row)
            }
            if !shown.isEmpty { row.newLine(comma: false) }
            Console.output(row.bytes)
            Console.output("]\n")
        } else {
            var table = TextTable(SessionRendering.riskColumns)
            for session in shown { table.add(SessionRendering.riskRow(session)) }
            Console.output(table.text(style: Console.style))
            if sessions.isEmpty { Console.note("no session is at risk") }
        }
        return sessions.count
    }

    /// Writes an array with one session on each line. Returns how many there are.
    private func writeJSON(_ inspector: GatewayInspector, limit: Int) -> Int {
        var row = JSONRow()
        var count = 0
        Console.output("[")
        inspector.forEachSession(filter.filter) { session in
            count += 1
            guard limit == 0 || count <= limit else { return }
            row.newLine(comma: count > 1)
            SessionRow.write(session(), to: &row)
            if row.bytes.count >= 1 << 16 {
                Console.output(row.bytes)
                row.removeAll()
            }
        }
        if count > 0 { row.newLine(comma: false) }
        Console.output(row.bytes)
        Console.output("]\n")
        return count
    }

    /// Writes the table. Returns how many sessions there are.
    private func writeTable(_ inspector: GatewayInspector, limit: Int) -> Int {
        var table = TextTable(SessionRendering.columns)
        var count = 0
        inspector.forEachSession(filter.filter) { session in
            count += 1
            if limit == 0 || count <= limit { table.add(SessionRendering.row(session())) }
        }
        Console.output(table.text(style: Console.style))
        return count
    }
}

/// `sluice session show`
struct SessionShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show all details of a session.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Argument(
        help: "The session's id, as 'sluice session list' shows it.", completion: Completing.sessions,
        transform: SessionShow.identifier)
    var id: SessionIdentifier

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        guard let session = inspector.session(id) else {
            throw CommandFailure(
                what: "gateway \(inspector.gateway) has no session \(id): it has ended, or never existed",
                next: "sluice session list --gateway \(inspector.gateway)")
        }
        if output.isJSON {
            Console.output(try JSONText.of(session))
        } else {
            Console.page(SessionRendering.page(session))
        }
    }

    static func identifier(_ text: String) throws -> SessionIdentifier {
        guard let identifier = SessionIdentifier(text) else {
            throw ValidationError(
                "'\(text)' is not a session id: write one like 1a2b-7, as 'sluice session list' shows it")
        }
        return identifier
    }
}
