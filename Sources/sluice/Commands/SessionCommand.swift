import ArgumentParser
import Inspection

/// `sluice session`
struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Look at sessions, and reset them.",
        discussion:
            "A session's id is its slot in hexadecimal and the slot's generation, as in 1a2b-7: it names this session and no later one.",
        subcommands: [SessionList.self, SessionShow.self, SessionReset.self, SessionWatch.self, SessionTrace.self])
}

/// `sluice session list`
struct SessionList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List sessions.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var filter: FilterOptions
    @OptionGroup var output: OutputOption

    @Option(help: "Rows of the table at most; 0 for all. JSON lists all, unless a limit is given.")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is \(limit): write 0 for all, or how many rows") }
    }

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        let limit = limit ?? (output.isJSON ? 0 : 1000)
        let all = output.isJSON ? writeJSON(inspector, limit: limit) : writeTable(inspector, limit: limit)
        if limit > 0, all > limit {
            Console.note("\(HumanText.count(all - limit)) more: see them with --limit 0, or filter")
        }
    }

    /// Writes an array with one session a line; returns how many there are.
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

    /// Writes the table; returns how many sessions there are.
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
        commandName: "show", abstract: "Show all that is known of a session.")

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
                what: "gateway \(inspector.gateway) has no session \(id): it has ended, or never was",
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
                "'\(text)' is no session's id: write one like 1a2b-7, as 'sluice session list' shows it")
        }
        return identifier
    }
}
