import Inspection
import Sockets

/// Formats sockets, changes, guards and advice.
enum SocketRendering {
    // MARK: The list

    static func table(_ views: ArraySlice<SocketView>) -> TextTable {
        var table = TextTable([
            .left("VERDICT"), .right("CUT IN"), .left("KEEP-ALIVE"), .right("IDLE", spare: 3),
            .right("TIMEOUT", spare: 4),
            .left("LOCAL", spare: 2), .left("REMOTE"), .left("STATE", spare: 6), .left("PROCESS"),
            .left("WORKLOAD", spare: 5), .left("NETNS", spare: 7),
        ])
        for view in views {
            table.add([
                view.judgement.verdict.rawValue, cutIn(view.judgement.cutInSeconds), view.socket.keepAlive.text,
                view.socket.idleSeconds.map { HumanText.duration(seconds: $0) } ?? "-",
                view.judgement.timeoutSeconds.map { HumanText.setting(seconds: $0) } ?? "-",
                view.socket.local.description,
                view.judgement.reason == .listens ? "-" : view.socket.remote.description, view.socket.state.name,
                process(view.owners), view.owners.first?.workload?.name ?? "-", view.namespace,
            ])
        }
        return table
    }

    /// `14 sessions: 9 at risk, 1 with slow probes, 4 safe`.
    static func summary(_ views: [SocketView]) -> String {
        let parts = [SocketVerdict.atRisk, .slowProbe, .unknown, .safe].compactMap { verdict -> String? in
            let count = views.count { $0.judgement.verdict == verdict }
            return count == 0 ? nil : "\(HumanText.count(count)) \(verdict.rawValue)"
        }
        let total = HumanText.count(views.count, of: "socket")
        return parts.isEmpty ? total : "\(total): \(parts.joined(separator: ", "))"
    }

    private static func cutIn(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        return seconds == 0 ? "now" : HumanText.duration(seconds: seconds)
    }

    private static func process(_ owners: [SocketOwner]) -> String {
        guard let first = owners.first else { return "-" }
        let more = owners.count > 1 ? " +\(owners.count - 1)" : ""
        return "\(first.program) (\(first.process))\(more)"
    }

    /// An array with one socket on each line: an encoder would take seconds for many sockets.
    static func json(_ views: ArraySlice<SocketView>) -> [UInt8] {
        var row = JSONRow()
        var bytes = Array("[".utf8)
        for (index, view) in views.enumerated() {
            row.newLine(comma: index > 0)
            row.object { write(view, to: &$0) }
            if row.bytes.count >= 1 << 16 {
                bytes += row.bytes
                row.removeAll()
            }
        }
        if !views.isEmpty { row.newLine(comma: false) }
        return bytes + row.bytes + Array("]\n".utf8)
    }

    private static func write(_ view: SocketView, to row: inout JSONRow) {
        let socket = view.socket
        row.member("cgroup", socket.cgroup)
        row.member("cookie", socket.cookie)
        if let cutIn = view.judgement.cutInSeconds { row.member("cutInSeconds", cutIn) }
        if let idle = socket.idleSeconds { row.member("idleSeconds", idle) }
        row.member("inode", socket.inode)
        row.object("keepAlive") { write(socket.keepAlive, to: &$0) }
        row.object("local") { write(socket.local, to: &$0) }
        row.member("namespace", view.namespace)
        row.list("processes") { list in for owner in view.owners { list.object { write(owner, to: &$0) } } }
        row.member("reason", view.judgement.reason.rawValue)
        row.object("remote") { write(socket.remote, to: &$0) }
        row.member("state", socket.state.name)
        if let timeout = view.judgement.timeoutSeconds { row.member("timeoutSeconds", timeout) }
        row.member("trafficClass", view.judgement.trafficClass == .eastWest ? "eastWest" : "northSouth")
        row.member("user", socket.user)
        row.member("verdict", view.judgement.verdict.rawValue)
    }

    private static func write(_ end: SocketEnd, to row: inout JSONRow) {
        row.member("address", end.address.description)
        row.member("port", end.port)
    }

    private static func write(_ owner: SocketOwner, to row: inout JSONRow) {
        row.member("command", owner.command)
        row.member("pid", owner.process)
        row.member("program", owner.program)
        if let workload = owner.workload { row.member("workload", workload.name) }
    }

    private static func write(_ view: KeepAliveView, to row: inout JSONRow) {
        if let isOn = view.isOn { row.member("on", isOn) }
        switch view {
        case .exact(let keepAlive): write(keepAlive, to: &row)
        case .onAtLeast(let seconds): row.member("idleSecondsAtLeast", seconds)
        case .off, .hidden, .none: break
        }
    }

    private static func write(_ keepAlive: SocketKeepAlive, to row: inout JSONRow) {
        row.member("count", keepAlive.count)
        row.member("idleSeconds", keepAlive.idleSeconds)
        row.member("intervalSeconds", keepAlive.intervalSeconds)
        row.member("ownCount", keepAlive.own.contains(.count))
        row.member("ownIdle", keepAlive.own.contains(.idle))
        row.member("ownInterval", keepAlive.own.contains(.interval))
    }

    // MARK: Changes

    static func table(_ views: [SocketChangeView]) -> TextTable {
        var table = TextTable([
            .left("LOCAL", spare: 2), .left("REMOTE"), .left("PROCESS"), .left("BEFORE"), .left("AFTER"),
            .left("RESULT"),
        ])
        for view in views {
            let isMet = view.change.map { $0.outcome != .gone } ?? false
            table.add([
                view.socket.local.description, view.socket.state == .listening ? "-" : view.socket.remote.description,
                process(view.owners),
                isMet ? view.change?.before.text ?? "-" : view.socket.keepAlive.text,
                isMet ? view.change?.after.text ?? "-" : "-",
                view.change?.outcome.text ?? "can't be changed",
            ])
        }
        return table
    }

    static func json(_ views: [SocketChangeView]) -> [UInt8] {
        var row = JSONRow()
        var bytes = Array("[".utf8)
        for (index, view) in views.enumerated() {
            row.newLine(comma: index > 0)
            row.object { row in
                if let change = view.change, change.outcome != .gone {
                    row.object("after") { after in
                        after.member("on", change.after.isOn)
                        write(change.after, to: &after)
                    }
                    row.object("before") { before in
                        before.member("on", change.before.isOn)
                        write(change.before, to: &before)
                    }
                }
                row.member("cookie", view.socket.cookie)
                row.object("local") { write(view.socket.local, to: &$0) }
                row.list("processes") { list in for owner in view.owners { list.object { write(owner, to: &$0) } } }
                row.object("remote") { write(view.socket.remote, to: &$0) }
                row.member("result", view.change?.outcome.rawValue ?? "unknown")
            }
        }
        if !views.isEmpty { row.newLine(comma: false) }
        bytes += row.bytes
        return bytes + Array("]\n".utf8)
    }

    // MARK: Guards, advice, the table of clients

    static func table(_ guards: [SocketGuard]) -> TextTable {
        var table = TextTable([
            .left("CGROUP"), .left("KEEP-ALIVE"), .right("TIMEOUT", spare: 2), .left("OVERRIDE", spare: 1),
            .right("SEEN"),
            .right("CHANGED"),
        ])
        for entry in guards {
            table.add([
                entry.path ?? "(gone: \(entry.cgroup))", "\(entry.idleSeconds)/\(entry.intervalSeconds)/\(entry.count)",
                HumanText.setting(seconds: Double(entry.timeoutSeconds)), entry.overridesApplication ? "yes" : "no",
                HumanText.count(entry.connectionsSeen), HumanText.count(entry.connectionsChanged),
            ])
        }
        return table
    }

    static func table(_ rows: [ClientRow]) -> TextTable {
        var table = TextTable([
            .left("PROGRAM"), .left("KEEP-ALIVE"), .left("SURVIVES 240 S"), .left("SETTING", folds: true),
            .left("SOURCE", spare: 1, folds: true),
        ])
        for row in rows { table.add([row.name, row.keepAlive.text, row.survives.rawValue, row.setting, row.source]) }
        return table
    }

    /// One paragraph for each program.
    static func page(_ advice: [SocketAdvice], style: TextStyle = .plain) -> String {
        advice.map { entry in
            let program = entry.program ?? "program not visible"
            let processes =
                entry.processes.isEmpty ? "" : " (\(entry.processes.sorted().map { "\($0)" }.joined(separator: ", ")))"
            let workload = entry.workload.map { ", \($0)" } ?? ""
            let when = entry.cutInSeconds.map { ", cut in \(cutIn($0)) if idle" } ?? ""
            var text =
                style.bold("\(program)\(processes)\(workload)")
                + ": \(HumanText.count(entry.sockets, of: "socket")) at risk on port \(entry.port)\(when)\n"
            for row in entry.rows { text += "    \(row.name): \(row.setting)\n" }
            return text
        }.joined()
    }
}
