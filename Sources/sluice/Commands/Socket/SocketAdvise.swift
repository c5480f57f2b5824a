import ArgumentParser
import Inspection
import Sockets

/// `sluice socket advise`
struct SocketAdvise: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advise", abstract: "Show for each program with sockets at risk the setting that makes it safe.",
        discussion: """
            Programs are recognised by their file name and port. If a program can use different libraries, the settings of all of \
            them are shown. The exit code is that of 'sluice socket list'. --table shows all that is known, and looks at no socket.
            """)

    @OptionGroup var selection: SocketOptions
    @OptionGroup var judging: SocketJudgeOptions
    @OptionGroup var output: OutputOption

    @Flag(help: "Show the table of all known programs, with the source of each row.")
    var table = false

    func run() throws {
        if table {
            let rows = ClientTable.rows.map { ClientView($0) }
            return Console.output(
                output.isJSON
                    ? try JSONText.of(rows) : SocketRendering.table(ClientTable.rows).text(style: Console.style))
        }
        let (scan, selected) = try selection.look()
        let advice = SocketAdvice.list(scan, judge: judging.judge, only: selected)
        if output.isJSON {
            Console.output(try JSONText.of(advice.map { SocketAdviceView($0) }))
        } else if advice.isEmpty {
            Console.note("no socket is at risk")
        } else {
            Console.page(SocketRendering.page(advice, style: Console.style))
        }
        let verdicts = selected.map { scan.judgement($0, by: judging.judge).verdict }
        let code = SocketLook.exitCode(verdicts, isComplete: scan.unread.isEmpty)
        if code != .success { throw code }
    }
}
