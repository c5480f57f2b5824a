import ArgumentParser
import FlowLog
import FoundationEssentials
import Inspection

/// `sluice session watch`
struct SessionWatch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "List sessions again every second, until interrupted.",
        discussion:
            "With --json each update is a JSON object on its own line: gateway, time, and the sessions as in 'session list'."
    )

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var filter: FilterOptions
    @OptionGroup var output: OutputOption

    @Option(help: "Seconds between two updates.")
    var interval = 1.0

    func validate() throws {
        guard interval >= 0.1, interval <= 3600 else {
            throw ValidationError("--interval is \(interval): write seconds from 0.1 to 3600")
        }
    }

    func run() throws {
        let name = try gateway.resolve()
        // Opened again each time, so that the list continues after a restart of the gateway.
        while output.isJSON {
            Console.output(try SessionWatch.line(gateway: name, filter: filter.filter, now: SessionWatch.now))
            Pause.seconds(interval)
        }
        let screen = Screen()
        screen.begin()
        while true {
            screen.draw(try SessionWatch.page(gateway: name, filter: filter.filter, limit: Console.height ?? 1000))
            Pause.seconds(interval)
        }
    }

    private static var now: String {
        WallTime(nanoseconds: UInt64(max(0, Date().timeIntervalSince1970) * 1e9)).text
    }

    /// All sessions as one object on one line.
    ///
    /// - Parameter now: RFC 3339.
    static func line(gateway: String, filter: SessionFilter, now: String) throws -> [UInt8] {
        let inspector = try GatewayInspector(gateway: gateway)
        var row = JSONRow()
        row.object { row in
            row.member("gateway", gateway)
            row.list("sessions") { row in
                inspector.forEachSession(filter) { SessionRow.write($0(), to: &row) }
            }
            row.member("time", now)
        }
        row.newLine(comma: false)
        return row.bytes
    }

    /// A headline, and the table below it.
    static func page(gateway: String, filter: SessionFilter, limit: Int) throws -> String {
        let inspector = try GatewayInspector(gateway: gateway)
        var table = TextTable(SessionRendering.columns)
        var count = 0
        inspector.forEachSession(filter) { session in
            count += 1
            if count <= limit { table.add(SessionRendering.row(session())) }
        }
        return "gateway \(gateway): \(HumanText.count(count, of: "session"))\n\n" + table.text(style: Console.style)
    }
}
