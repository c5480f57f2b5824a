import ArgumentParser
import Glibc
import Inspection
import Sockets

/// `sluice socket fix`
struct SocketFixCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fix", abstract: "Turn keep-alive on in sockets of running processes, without a restart.",
        discussion: """
            Without --yes it lists what it would change. It changes sockets that are at risk. It does not touch keep-alive that is \
            fast enough, and values that the application has set itself only with --override. The exit code is 0 if all selected \
            sockets are safe then, 1 if some are still at risk, 2 if they could not be looked at.
            """)

    @OptionGroup var values: KeepAliveOptions
    @OptionGroup var selection: SocketOptions
    @OptionGroup var judging: SocketJudgeOptions
    @OptionGroup var output: OutputOption

    @Flag(help: "Change them.")
    var yes = false

    @Flag(help: "List what would be changed, and change nothing.")
    var dryRun = false

    @Flag(help: "Also sockets that listen: connections that they accept later inherit the values.")
    var listeners = false

    func validate() throws {
        if yes && dryRun { throw ValidationError("--yes and --dry-run exclude each other: give one of them") }
        try values.require(fastEnoughFor: judging.judge)
    }

    func run() throws {
        let (scan, selected) = try selection.look(isForChange: true)
        if let limitation = scan.limitation { throw SocketLook.failure(limitation) }
        let order = try values.order
        let targets = targets(scan, selected)
        let changes: [SocketChange?]
        if yes {
            let results = try SocketLook.orExit { () throws(SocketError) in
                try SocketFix.apply(
                    order, to: targets, in: Array(scan.namespaces.values), changesListeners: listeners)
            }
            changes = targets.map { results[$0.socket.cookie] }
        } else {
            changes = targets.map { SocketFix.preview(order, $0, changesListeners: listeners) }
        }
        let rows = zip(targets, changes).map { target, change in
            SocketChangeView(socket: target.socket, owners: scan.owners[target.socket], change: change)
        }
        if output.isJSON {
            Console.output(SocketRendering.json(rows))
        } else {
            Console.output(SocketRendering.table(rows).text(style: Console.style))
        }
        let changed = rows.count { $0.change?.outcome == .changed }
        if yes {
            Console.note("\(HumanText.count(changed, of: "socket")) changed")
            log(changed: changed, order)
        } else {
            Console.note("\(HumanText.count(changed, of: "socket")) would be changed: add --yes to change them")
        }
        let isLeft = rows.contains { $0.isStillAtRisk || (!yes && $0.change?.outcome == .changed) }
        if isLeft { throw SocketLook.someAtRisk }
        if !scan.unread.isEmpty { throw SocketLook.notSeen }
    }

    /// The selected sockets that are at risk, and those that listen if they are asked for.
    private func targets(_ scan: SocketScan, _ selected: [TCPSocket]) -> [SocketFix.Target] {
        let judge = judging.judge
        return selected.compactMap { socket in
            let judgement = scan.judgement(socket, by: judge)
            if judgement.verdict.isRisk, let timeout = judgement.timeoutSeconds {
                return SocketFix.Target(socket: socket, timeoutSeconds: timeout)
            }
            guard listeners, socket.state == .listening else { return nil }
            // A listener does not know the other ends yet, so the shorter timeout applies.
            let shortest = Double(min(judge.timeouts.northSouth, judge.timeouts.eastWest)) / 1e9
            return SocketFix.Target(socket: socket, timeoutSeconds: shortest)
        }
    }

    /// A line for the system's log: sockets of other people's processes were changed.
    private func log(changed: Int, _ order: KeepAliveOrder) {
        guard changed > 0 else { return }
        let values = "\(order.idleSeconds)/\(order.intervalSeconds)/\(order.count)"
        let line = "socket fix: keep-alive \(values) set on \(changed) sockets by user \(getuid())"
        line.withCString { text in withVaList([text]) { vsyslog(LOG_DAEMON | LOG_NOTICE, "%s", $0) } }
    }
}
