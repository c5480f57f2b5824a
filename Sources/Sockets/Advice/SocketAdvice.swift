/// What to set for a program whose sockets are at risk (RISK-3).
package struct SocketAdvice: Hashable, Sendable {
    /// File name of the program; nil: no process is visible.
    package var program: String?
    package var processes: [Int32]
    /// The container or unit.
    package var workload: String?
    /// The remote port of a client, the local port of a server.
    package var port: UInt16
    package var sockets: Int
    /// The worst verdict of its sockets, and when the first would be cut.
    package var verdict: SocketVerdict
    package var cutInSeconds: Double?
    /// The rows that describe it: several if one program can use different libraries.
    package var rows: [ClientRow]

    /// The rows of the table for a socket, best first. Where several match equally well, those whose keep-alive agrees
    /// with the socket's.
    package static func rows(program: String?, socket: TCPSocket) -> [ClientRow] {
        let scored = ClientTable.rows.map { row in
            (
                row,
                row.match(program: program ?? "", localPort: socket.local.port, remotePort: socket.remote.port)
            )
        }.filter { $0.1 > 0 }
        guard let best = scored.map(\.1).max() else { return [ClientTable.general] }
        let matching = scored.filter { $0.1 == best }.map(\.0)
        let agreeing = matching.filter { agrees($0.keepAlive, socket.keepAlive) }
        return agreeing.isEmpty ? matching : agreeing
    }

    private static func agrees(_ row: ClientRow.Default, _ view: KeepAliveView) -> Bool {
        guard let isOn = view.isOn else { return true }
        switch row {
        case .off: return !isOn
        case .unknown: return true
        case .system:
            if case .exact(let keepAlive) = view { return isOn && !keepAlive.own.contains(.idle) }
            return isOn
        case .own(let seconds):
            if case .exact(let keepAlive) = view { return isOn && keepAlive.idleSeconds == seconds }
            return isOn
        }
    }

    /// One entry for each program, workload and service whose sockets are at risk, the most urgent first.
    package static func list(_ scan: SocketScan, judge: SocketJudge, only selected: [TCPSocket]) -> [SocketAdvice] {
        struct Subject: Hashable {
            var program: String?
            var workload: String?
            var rows: [ClientRow]
            var port: UInt16
        }
        struct Service: Hashable {
            var network: UInt32
            var port: UInt16
        }
        // A connection that was accepted belongs to the port that its server listens on: the client's port is random.
        let services = Set(
            scan.sockets.filter { $0.state == .listening }.map { Service(network: $0.network, port: $0.local.port) })
        var found: [Subject: SocketAdvice] = [:]
        for socket in selected {
            let judgement = scan.judgement(socket, by: judge)
            guard judgement.verdict.isRisk else { continue }
            let owner = scan.owners[socket].first
            let rows = rows(program: owner?.program, socket: socket)
            let isAccepted = services.contains(Service(network: socket.network, port: socket.local.port))
            let port = isAccepted || rows.first?.role == .server ? socket.local.port : socket.remote.port
            let subject = Subject(program: owner?.program, workload: owner?.workload?.name, rows: rows, port: port)
            var entry =
                found[subject]
                ?? SocketAdvice(
                    program: subject.program, processes: [], workload: subject.workload, port: port, sockets: 0,
                    verdict: .slowProbe, rows: rows)
            entry.sockets += 1
            if judgement.verdict == .atRisk { entry.verdict = .atRisk }
            if let cutIn = judgement.cutInSeconds { entry.cutInSeconds = min(cutIn, entry.cutInSeconds ?? cutIn) }
            if let process = owner?.process, !entry.processes.contains(process) { entry.processes.append(process) }
            found[subject] = entry
        }
        return found.values.sorted { left, right in
            let times = (left.cutInSeconds ?? .infinity, right.cutInSeconds ?? .infinity)
            if times.0 != times.1 { return times.0 < times.1 }
            return (left.program ?? "", left.port) < (right.program ?? "", right.port)
        }
    }
}
