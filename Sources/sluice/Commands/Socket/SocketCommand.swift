import ArgumentParser
import Inspection
import Sockets

/// `sluice socket`
struct SocketCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "socket",
        abstract: "Find the TCP sockets of this host that a firewall would cut, and correct their keep-alive.",
        discussion: """
            For the host where the applications run: no gateway is needed. A session survives if probes come in time even when two \
            are lost: idle + 3 * interval must be less than the firewall's idle timeout.
            """,
        subcommands: [SocketList.self, SocketFixCommand.self, SocketGuardCommand.self, SocketAdvise.self])
}

/// `sluice socket list`
struct SocketList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List TCP sockets: their keep-alive as it is, and when they would be cut.",
        discussion: """
            KEEP-ALIVE is off, or idle/interval/count in seconds. The exit code is 0 if no socket is at risk, 1 if some are, 2 if \
            they could not be looked at. Probes that the other end sends are not visible here.
            """)

    @OptionGroup var selection: SocketOptions
    @OptionGroup var judging: SocketJudgeOptions
    @OptionGroup var output: OutputOption

    @Flag(help: "Only sockets that are at risk: verdict atRisk or slowProbe.")
    var atRisk = false

    @Flag(help: "Also sockets without a session: those that listen, and those that are being closed.")
    var all = false

    @Option(help: "The maximum number of rows; 0 for all. By default JSON lists all.")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is \(limit): write 0 for all, or how many rows") }
    }

    func run() throws {
        let (scan, selected) = try selection.look()
        let judge = judging.judge
        var rows = selected.map { SocketView(socket: $0, judgement: scan.judgement($0, by: judge), scan: scan) }
        let verdicts = rows.map(\.judgement.verdict)
        if atRisk { rows.removeAll { !$0.judgement.verdict.isRisk } }
        if !all && !atRisk { rows.removeAll { !$0.hasSession } }
        rows.sort(by: SocketView.isMoreUrgent)
        let limit = limit ?? (output.isJSON ? 0 : 1000)
        let shown = limit == 0 ? rows[...] : rows.prefix(limit)
        if output.isJSON {
            Console.output(SocketRendering.json(shown))
        } else {
            Console.output(SocketRendering.table(shown).text(style: Console.style))
            Console.note(SocketRendering.summary(rows))
        }
        if shown.count < rows.count {
            Console.note(
                "\(HumanText.count(rows.count - shown.count)) more: add --limit 0 to list all, or a filter")
        }
        let code = SocketLook.exitCode(verdicts, isComplete: scan.unread.isEmpty)
        if code != .success { throw code }
    }
}
