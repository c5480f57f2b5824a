import Testing

@testable import Sockets

/// The table of clients, as data.
@Suite struct ClientTableTests {
    @Test("RISK-3 every row has a source, a setting and an identifier of its own")
    func rows() {
        #expect(ClientTable.rows.count >= 27)
        for row in ClientTable.rows + [ClientTable.general] {
            #expect(row.source.split(separator: " ").count >= 1 && row.source.count > 5, "\(row.identifier)")
            #expect(row.setting.count > 3 && !row.name.isEmpty, "\(row.identifier)")
        }
        #expect(Set(ClientTable.rows.map(\.identifier)).count == ClientTable.rows.count)
        for row in ClientTable.rows {
            #expect(!row.programs.isEmpty || !row.ports.isEmpty, "\(row.identifier) would match every socket")
            #expect(row.keepAlive != .unknown || !row.source.hasPrefix("measured"), "\(row.identifier)")
        }
    }

    private func advice(
        _ program: String?, port: UInt16, localPort: UInt16 = 50000,
        _ keepAlive: SocketKeepAlive = SocketKeepAlive(isOn: false)
    ) throws -> [String] {
        let socket = try JudgeTests.socket(.exact(keepAlive), port: port, localPort: localPort)
        return SocketAdvice.rows(program: program, socket: socket).map(\.identifier)
    }

    @Test("RISK-3 a row is found by program and port, and where several match by the keep-alive that the socket has")
    func match() throws {
        let system = SocketKeepAlive(isOn: true)
        #expect(try advice("psql", port: 5432, system) == ["postgresql-libpq"])
        #expect(try advice("python3.11", port: 5432) == ["asyncpg"])
        #expect(try advice("python3.11", port: 5432, system) == ["postgresql-libpq"])
        #expect(try advice("java", port: 5432) == ["pgjdbc"])
        #expect(try advice("java", port: 9999) == ["java-socket"])
        #expect(try advice("ssh", port: 22, system) == ["ssh"])
        #expect(try advice("sshd", port: 51234, localPort: 22, system) == ["sshd"])
        #expect(try advice(nil, port: 3389) == ["rdp"])
        #expect(try advice("unheard-of", port: 9999) == ["any"])
        // Neither row agrees with the socket, so both are shown.
        let own = SocketKeepAlive(isOn: true, idleSeconds: 777, own: .idle)
        #expect(try Set(advice("python3.11", port: 5432, own)) == ["asyncpg", "postgresql-libpq"])
    }

    @Test("RISK-3 advice is one entry for each program, workload and service, the most urgent first")
    func list() throws {
        var scan = SocketScan()
        let first = try JudgeTests.socket(.exact(SocketKeepAlive(isOn: false)), port: 5432, idle: 10, inode: 1)
        let second = try JudgeTests.socket(.exact(SocketKeepAlive(isOn: false)), port: 443, idle: 200, inode: 2)
        let third = try JudgeTests.socket(.exact(SocketKeepAlive(isOn: false)), port: 443, idle: 20, inode: 2)
        let safe = try JudgeTests.socket(
            .exact(SocketKeepAlive(isOn: true, idleSeconds: 30, intervalSeconds: 10)), port: 443, inode: 2)
        scan.sockets = [first, second, third, safe]
        func owner(_ process: Int32, _ program: String) -> SocketOwner {
            SocketOwner(process: process, program: program, command: program, workload: nil)
        }
        scan.owners = SocketOwners([1: [owner(10, "java")], 2: [owner(11, "wget")]])
        let advice = SocketAdvice.list(scan, judge: SocketJudge(), only: scan.sockets)
        #expect(advice.map(\.program) == ["wget", "java"])
        #expect(advice.map(\.sockets) == [2, 1])
        #expect(advice[0].cutInSeconds == 40 && advice[0].processes == [11])
        #expect(advice[1].rows.map(\.identifier) == ["pgjdbc"])
    }

    @Test("RISK-3 accepted connections are one service, by the port that their server listens on")
    func accepted() throws {
        var scan = SocketScan()
        var listener = try JudgeTests.socket(.exact(SocketKeepAlive(isOn: false)), port: 0, inode: 1)
        listener.state = .listening
        listener.local.port = 8080
        scan.sockets = [listener]
        for client: UInt16 in [50_001, 50_002, 50_003] {
            var socket = try JudgeTests.socket(.exact(SocketKeepAlive(isOn: false)), port: client, idle: 10, inode: 2)
            socket.local.port = 8080
            scan.sockets.append(socket)
        }
        scan.owners = SocketOwners([
            2: [SocketOwner(process: 7, program: "python3", command: "python3", workload: nil)]
        ])
        let advice = SocketAdvice.list(scan, judge: SocketJudge(), only: scan.sockets)
        #expect(advice.map(\.port) == [8080] && advice.map(\.sockets) == [3])
    }
}
