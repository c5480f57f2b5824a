import ArgumentParser
import Inspection

/// `sluice session watch`
struct SessionWatch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "List sessions again every second, until interrupted.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var filter: FilterOptions

    @Option(help: "Seconds between two looks.")
    var interval = 1.0

    func validate() throws {
        guard interval >= 0.1, interval <= 3600 else {
            throw ValidationError("--interval is \(interval): write seconds from 0.1 to 3600")
        }
    }

    func run() throws {
        let name = try gateway.resolve()
        let screen = Screen()
        screen.begin()
        while true {
            // Opened anew each time, so that a gateway that was restarted is followed.
            screen.draw(try SessionWatch.page(gateway: name, filter: filter.filter, limit: Console.height ?? 1000))
            Pause.seconds(interval)
        }
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
