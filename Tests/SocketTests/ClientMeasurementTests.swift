import FoundationEssentials
import Glibc
import Lab
import TestSupport
import Testing

@testable import Sockets

/// Starts the real programs of the table against a listener that never answers, and looks at their sockets: with the
/// socket program, and with ss.
@Suite struct ClientMeasurementTests {
    private static let python = "/usr/bin/python3"

    /// A program to measure. `{port}` is the listener's port, `{folder}` a folder with the Java sources.
    private struct Subject {
        /// The row of the table; several subjects may share one.
        var row: String
        var command: [String]
        var environment: [String: String] = [:]
        /// For programs that differ from their row.
        var expected: ClientRow.Default?

        static func python(_ row: String, _ code: String) -> Subject {
            Subject(row: row, command: [ClientMeasurementTests.python, "-c", code])
        }

        static func java(_ row: String, _ jar: String, _ url: String) -> Subject {
            Subject(
                row: row,
                command: ["java", "-Xshare:auto", "-cp", "/usr/share/java/\(jar).jar", "{folder}/Database.java", url])
        }
    }

    private static let subjects: [Subject] = [
        Subject(
            row: "ssh", command: ["ssh", "-o", "StrictHostKeyChecking=no", "-F", "none", "-p", "{port}", "127.0.0.1"]),
        Subject(row: "postgresql-libpq", command: ["psql", "-h", "127.0.0.1", "-p", "{port}"]),
        .python("postgresql-libpq", "import psycopg2; psycopg2.connect(host='127.0.0.1', port={port})"),
        .python(
            "asyncpg",
            "import asyncio, asyncpg; asyncio.run(asyncpg.connect(host='127.0.0.1', port={port}, user='u', ssl=False))"),
        .java("pgjdbc", "postgresql", "jdbc:postgresql://127.0.0.1:{port}/x"),
        Subject(row: "mysql", command: ["mariadb", "-h", "127.0.0.1", "-P", "{port}", "--protocol=tcp"]),
        .python("mysql", "import pymysql; pymysql.connect(host='127.0.0.1', port={port})"),
        .java("mysql", "mariadb-java-client", "jdbc:mariadb://127.0.0.1:{port}/x"),
        .python("pymongo", "import pymongo; pymongo.MongoClient('127.0.0.1', {port}).admin.command('ping')"),
        Subject(row: "redis-cli", command: ["redis-cli", "-h", "127.0.0.1", "-p", "{port}", "ping"]),
        .python("redis-py", "import redis; redis.Redis(host='127.0.0.1', port={port}).ping()"),
        .python("pika", "import pika; pika.BlockingConnection(pika.ConnectionParameters('127.0.0.1', {port}))"),
        .python(
            "mqtt",
            "import paho.mqtt.client as m; c = m.Client(); c.connect('127.0.0.1', {port}); c.loop_forever()"),
        Subject(row: "mqtt", command: ["mosquitto_sub", "-h", "127.0.0.1", "-p", "{port}", "-t", "x"]),
        Subject(row: "curl", command: ["curl", "-s", "http://127.0.0.1:{port}/"]),
        Subject(row: "wget", command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:{port}/"]),
        .python("python-web", "import requests; requests.get('http://127.0.0.1:{port}/')"),
        .python(
            "python-web",
            """
            import asyncio, aiohttp
            async def main():
                async with aiohttp.ClientSession() as session: await session.get('http://127.0.0.1:{port}/')
            asyncio.run(main())
            """),
        .python(
            "grpc",
            "import grpc; grpc.channel_ready_future(grpc.insecure_channel('127.0.0.1:{port}')).result(timeout=100)"),
        .python("python-socket", "import socket; socket.create_connection(('127.0.0.1', {port})).recv(1)"),
        Subject(row: "java-socket", command: ["java", "-Xshare:auto", "{folder}/Plain.java", "{port}"]),
        Subject(row: "node", command: ["node", "-e", "require('net').connect({port}, '127.0.0.1')"]),
        Subject(
            row: "node", command: ["node", "-e", "require('http').get('http://127.0.0.1:{port}/')"],
            expected: .own(seconds: 1)),
        Subject(
            row: "node", command: ["node", "-e", "fetch('http://127.0.0.1:{port}/')"], expected: .own(seconds: 60)),
    ]

    private static let plain = """
        import java.net.*;
        public class Plain {
            public static void main(String[] a) throws Exception {
                new Socket("127.0.0.1", Integer.parseInt(a[0])).getInputStream().read();
            }
        }
        """
    private static let database = """
        import java.sql.*;
        public class Database {
            public static void main(String[] a) throws Exception { DriverManager.getConnection(a[0], "u", "p"); }
        }
        """
    /// Listens on a number of ports, and prints them. Connections wait in its queues.
    private static let listeners = """
        import socket, sys, time
        held = [socket.socket() for _ in range(int(sys.argv[1]))]
        for s in held:
            s.bind(("127.0.0.1", 0))
            s.listen(64)
        print(*[s.getsockname()[1] for s in held], flush=True)
        time.sleep(600)
        """

    /// A program that runs, and what was seen of its first connection.
    private struct Run {
        var subject: Subject
        var port: UInt16
        var process: ChildProcess
        var looks = 0
        var keepAlive: SocketKeepAlive?
        /// `timer:(keepalive,119min,0)`; empty: none.
        var timer = ""
    }

    @Test("RISK-3 the table's rows are what the real programs do: seen in the kernel, and by ss")
    func measured() async throws {
        try await withPlace { place in
            let folder = TemporaryDirectory()
            for (name, text) in [("Plain", Self.plain), ("Database", Self.database)] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/\(name).java"))
            }
            let listener = try ChildProcess(
                place.inside([Self.python, "-c", Self.listeners, "\(Self.subjects.count)"]))
            var runs: [Run] = []
            do {
                _ = await eventually(within: .seconds(20)) { listener.standardOutput.contains("\n") }
                let ports = listener.standardOutput.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
                try #require(ports.count == Self.subjects.count, "\(listener.allOutput)")
                // A few at a time: some of them start slowly.
                for start in stride(from: 0, to: Self.subjects.count, by: 8) {
                    let batch = start..<min(start + 8, Self.subjects.count)
                    var started = try batch.map {
                        try Self.start(Self.subjects[$0], port: ports[$0], place, folder.path)
                    }
                    _ = try await eventually(within: .seconds(60), every: .milliseconds(500)) {
                        try await Self.look(at: &started, place)
                        return started.allSatisfy { $0.looks >= 3 }
                    }
                    runs += started
                    for run in started { await run.process.terminate() }
                }
            } catch {
                for run in runs { await run.process.terminate() }
                await listener.terminate()
                throw error
            }
            await listener.terminate()
            for run in runs { Self.compare(run) }
        }
    }

    private static func start(
        _ subject: Subject, port: UInt16, _ place: SocketPlace, _ folder: String
    ) throws -> Run {
        let command = subject.command.map {
            $0.replacing("{port}", with: "\(port)").replacing("{folder}", with: folder)
        }
        // Its input stays open, or some end at once.
        let process = try ChildProcess(
            place.inside(command), environment: ["HOME": folder, "PGCONNECT_TIMEOUT": "120"], takesInput: true)
        return Run(subject: subject, port: port, process: process)
    }

    /// Looks at all of them. What is seen later counts: some set keep-alive after they have connected.
    private static func look(at runs: inout [Run], _ place: SocketPlace) async throws {
        let scan = try SocketScan.run(.named(place.name))
        for index in runs.indices {
            let port = runs[index].port
            let found = scan.sockets.first { $0.remote.port == port && $0.state == .established && $0.inode != 0 }
            guard case .exact(let keepAlive)? = found?.keepAlive else { continue }
            let lines = try await place.timers("dport = :\(port)")
            runs[index].looks += 1
            runs[index].keepAlive = keepAlive
            runs[index].timer = lines.first?.firstMatch(of: /timer:\([^)]*\)/).map { String($0.0) } ?? ""
        }
    }

    private static func compare(_ run: Run) {
        let name = "\(run.subject.row): \(run.subject.command.joined(separator: " ").prefix(60))"
        guard let row = ClientTable.rows.first(where: { $0.identifier == run.subject.row }) else {
            Issue.record("the table has no row \(run.subject.row)")
            return
        }
        guard let keepAlive = run.keepAlive else {
            Issue.record("\(name) did not connect: \(run.process.allOutput.suffix(300))")
            return
        }
        print(
            "\(name.split(separator: "\n").first ?? ""): \(keepAlive.text), ss \(run.timer.isEmpty ? "no timer" : run.timer)"
        )
        let expected = run.subject.expected ?? row.keepAlive
        let measured: ClientRow.Default =
            !keepAlive.isOn ? .off : keepAlive.own.contains(.idle) ? .own(seconds: keepAlive.idleSeconds) : .system
        #expect(measured == expected, "\(name)")
        // ss shows a timer exactly where keep-alive is on.
        #expect(run.timer.hasPrefix("timer:(keepalive") == keepAlive.isOn, "\(name): \(run.timer)")
        if measured == .system { #expect(run.timer.contains("119min"), "\(name): \(run.timer)") }
        // The row's verdict for 240 s is the judge's, apart from heartbeats of the application's own.
        if run.subject.expected == nil, row.survives != .afterLogin {
            let isSafe = keepAlive.isOn && keepAlive.idleSeconds < 240
            #expect((row.survives == .yes || row.survives == .withoutLoss) == isSafe, "\(name)")
            let threeProbes = keepAlive.isOn && keepAlive.idleSeconds + 3 * keepAlive.intervalSeconds < 240
            #expect((row.survives == .yes) == threeProbes, "\(name)")
        }
    }

    @Test("RISK-3 every row that claims to be measured by the tests is measured here")
    func covered() {
        let claimed = ClientTable.rows.filter { $0.source.hasPrefix("measured:") }.map(\.identifier)
        #expect(Set(claimed) == Set(Self.subjects.map(\.row)))
    }
}
