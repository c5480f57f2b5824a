import Sockets

/// A socket as the commands show it.
struct SocketView {
    var socket: TCPSocket
    var judgement: SocketJudgement
    var owners: [SocketOwner]
    /// The name of its network namespace.
    var namespace: String

    init(socket: TCPSocket, judgement: SocketJudgement, scan: SocketScan) {
        self.socket = socket
        self.judgement = judgement
        owners = scan.owners[socket]
        namespace = scan.namespaces[socket.network]?.name ?? "\(socket.network)"
    }

    /// Whether it has a session that a process holds, or holds soon.
    var hasSession: Bool { judgement.reason != .listens && judgement.reason != .ending }

    /// Sockets that are cut first come first, then those at risk, then the unknown ones.
    static func isMoreUrgent(_ left: SocketView, _ right: SocketView) -> Bool {
        if left.rank != right.rank { return left.rank < right.rank }
        let times = (left.judgement.cutInSeconds ?? .infinity, right.judgement.cutInSeconds ?? .infinity)
        return times.0 != times.1 ? times.0 < times.1 : left.socket.cookie < right.socket.cookie
    }

    private var rank: Int {
        switch judgement.verdict {
        case .atRisk: 0
        case .slowProbe: 1
        case .unknown: 2
        case .safe: 3
        }
    }
}

/// What was, or would be, done with a socket, as the commands show it.
struct SocketChangeView {
    var socket: TCPSocket
    var owners: [SocketOwner]
    /// nil: it can't be changed, as it has no number.
    var change: SocketChange?

    /// Whether it was not changed although it was at risk.
    var isStillAtRisk: Bool {
        switch change?.outcome {
        case .ownValues, .refused, nil: true
        case .changed, .gone, .notNeeded, .notConnected: false
        }
    }
}

/// A guard in JSON.
struct SocketGuardView: Encodable {
    let cgroup: String?
    let cgroupIdentifier: UInt64
    let idleSeconds: UInt32
    let intervalSeconds: UInt32
    let count: UInt32
    let timeoutSeconds: UInt32
    let overridesApplication: Bool
    let connectionsSeen: UInt64
    let connectionsChanged: UInt64

    init(_ guardian: SocketGuard) {
        cgroup = guardian.path
        cgroupIdentifier = guardian.cgroup
        idleSeconds = guardian.idleSeconds
        intervalSeconds = guardian.intervalSeconds
        count = guardian.count
        timeoutSeconds = guardian.timeoutSeconds
        overridesApplication = guardian.overridesApplication
        connectionsSeen = guardian.connectionsSeen
        connectionsChanged = guardian.connectionsChanged
    }
}

/// A row of the table of clients in JSON.
struct ClientView: Encodable {
    let id: String
    let name: String
    let role: String
    let programs: [String]
    let ports: [UInt16]
    let keepAlive: String
    let survives240Seconds: String
    let setting: String
    let source: String

    init(_ row: ClientRow) {
        id = row.identifier
        name = row.name
        role = row.role.rawValue
        programs = row.programs
        ports = row.ports
        keepAlive = row.keepAlive.text
        survives240Seconds = row.survives.rawValue
        setting = row.setting
        source = row.source
    }
}

/// Advice in JSON.
struct SocketAdviceView: Encodable {
    let program: String?
    let processes: [Int32]
    let workload: String?
    let port: UInt16
    let sockets: Int
    let verdict: String
    let cutInSeconds: Double?
    let settings: [ClientView]

    init(_ advice: SocketAdvice) {
        program = advice.program
        processes = advice.processes
        workload = advice.workload
        port = advice.port
        sockets = advice.sockets
        verdict = advice.verdict.rawValue
        cutInSeconds = advice.cutInSeconds
        settings = advice.rows.map { ClientView($0) }
    }
}
