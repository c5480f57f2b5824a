import FoundationEssentials
import Glibc
import Lab
import Testing

@testable import Sockets

/// The commands on real sockets of other processes, which say themselves how they see their options.
@Suite struct LiveSocketTests {
    /// The row of a socket. Accepted sockets have the listener's port.
    private func find(
        _ rows: [ListedSocket], _ seen: SocketHolder.Seen?, listens: Bool = false
    ) throws -> ListedSocket {
        let port = try #require(seen).port
        return try #require(rows.first { $0.local.port == port && ($0.state == "listening") == listens })
    }

    @Test("RISK-1 six kinds of socket are listed as their applications see them, with verdict and process")
    func scan() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { holder in
                let seen = try await holder.ask("six")
                let rows = try await place.list("--all")
                for name in ["off", "system", "own", "half", "six", "listener"] {
                    let row = try find(rows, seen[name], listens: name == "listener")
                    let own = try #require(seen[name])
                    #expect(row.keepAlive.on == (own.on == 1), "\(name)")
                    #expect(row.keepAlive.idleSeconds.map(Int.init) == own.idle, "\(name)")
                    #expect(row.keepAlive.intervalSeconds.map(Int.init) == own.interval, "\(name)")
                    #expect(row.keepAlive.count.map(Int.init) == own.count, "\(name)")
                    #expect(row.processes.map(\.pid) == [holder.identifier], "\(name)")
                    #expect(row.processes[0].program.hasPrefix("python3"), "\(name)")
                }
                let off = try find(rows, seen["off"])
                #expect(off.verdict == "atRisk" && off.reason == "keepAliveOff" && off.timeoutSeconds == 240)
                let idle = try #require(off.idleSeconds)
                #expect(idle >= 0 && idle < 30)
                #expect(abs(try #require(off.cutInSeconds) + idle - 240) < 0.01)
                #expect(try find(rows, seen["system"]).reason == "firstProbeTooLate")
                let own = try find(rows, seen["own"])
                #expect(own.keepAlive.ownIdle == true && own.verdict == "atRisk")
                let half = try find(rows, seen["half"])
                #expect(half.state == "closeWait" && half.timeoutSeconds == 120)
                #expect(try find(rows, seen["listener"], listens: true).verdict == "safe")
                #expect(try find(rows, seen["six"]).local.address == "::1")
            }
        }
    }

    @Test("RISK-1 idle time is measured: it grows while nothing is sent")
    func idle() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { holder in
                let seen = try await holder.ask("connect a")
                let first = try #require(try await find(place.list(), seen["a"]).idleSeconds)
                try await Task.sleep(for: .milliseconds(1500))
                let second = try #require(try await find(place.list(), seen["a"]).idleSeconds)
                #expect(second - first >= 1.4 && second - first < 30)
            }
        }
    }

    @Test("RISK-2 fix turns keep-alive on in a process that never asked, and ss sees its timer")
    func fix() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { holder in
                let before = try await holder.ask("six")
                let fix = ["socket", "fix", "--idle", "30s", "--judge-local", "--netns", place.name]
                let sluice = try SluiceBinary.path()
                // Without --yes nothing is changed.
                let dry = try await ChildProcess([sluice] + fix).result(within: .seconds(60))
                #expect(
                    dry.exit == .code(1) && dry.errors.contains("would be changed: add --yes"), "\(dry.allOutput)")
                #expect(try await holder.ask("seen") == before)

                let done = try await ChildProcess([sluice] + fix + ["--yes"]).result(within: .seconds(60))
                // One socket is still at risk: the application has set 600 s.
                #expect(done.exit == .code(1), "\(done.allOutput)")
                let after = try await holder.ask("seen")
                for name in ["off", "system", "half", "six"] {
                    let seen = try #require(after[name])
                    #expect(seen.on == 1 && seen.idle == 30 && seen.interval == 10 && seen.count == 3, "\(name)")
                    let rows = try await place.timers("sport = :\(seen.port)")
                    let timer = rows.joined().firstMatch(of: /timer:\(keepalive,(\d+)sec/)
                    #expect(timer.flatMap { Int($0.1) }.map { $0 <= 30 } ?? false, "\(name): \(rows)")
                }
                #expect(after["own"] == before["own"], "\(done.output)")
                #expect(after["listener"] == before["listener"])
                let line = try #require(
                    done.output.split(separator: "\n").first { $0.contains(":\(before["off"]?.port ?? 0) ") })
                #expect(line.contains("off") && line.contains("30/10/3") && line.contains("changed"))

                let override = try await ChildProcess([sluice] + fix + ["--yes", "--override", "--listeners"])
                    .result(within: .seconds(60))
                #expect(override.exit == .code(0), "\(override.allOutput)")
                let last = try await holder.ask("connect later")
                #expect(last["own"]?.idle == 30)
                // A connection that a changed listener accepts inherits the values; its other end does not.
                #expect(last["later-peer"]?.on == 1 && last["later-peer"]?.idle == 30)
                #expect(last["later"]?.on == 0)
                let idempotent = try await ChildProcess(
                    [sluice] + fix + ["--port", "\(last["off"]?.port ?? 0)", "--yes"]
                )
                .result(within: .seconds(60))
                #expect(idempotent.errors.contains("0 sockets changed"), "\(idempotent.allOutput)")
            }
        }
    }

    @Test("RISK-2 filters select by program, port, process and address, and nothing else is changed")
    func filters() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { holder in
                let before = try await holder.ask("six")
                let port = try #require(before["off"]).port
                let fixed = try await place.sluice(
                    "socket", "fix", "--judge-local", "--yes", "--port", "\(port)", "--remote", "127.0.0.0/8")
                #expect(fixed.errors.contains("2 sockets changed"), "\(fixed.allOutput)")
                let after = try await holder.ask("seen")
                #expect(after["off"]?.on == 1 && after["off-peer"]?.on == 1)
                for name in ["system", "own", "half", "six"] { #expect(after[name] == before[name], "\(name)") }
                for arguments in [["--program", "nothing"], ["--remote", "10.0.0.0/8"], ["--user", "12345"]] {
                    let rows = try await ChildProcess(
                        [try SluiceBinary.path(), "socket", "list", "--json", "--netns", place.name] + arguments
                    ).result(within: .seconds(60)).required()
                    #expect(rows.output == "[]\n", "\(arguments)")
                }
            }
        }
    }

    @Test("RISK-2 sockets of other network namespaces are neither listed nor changed")
    func namespaces() async throws {
        try await withPlace { first in
            try await withPlace { second in
                try await withHolder(in: first) { holder in
                    try await withHolder(in: second) { other in
                        _ = try await holder.ask("six")
                        let before = try await other.ask("six")
                        _ = try await first.sluice(
                            "socket", "fix", "--judge-local", "--yes", "--override", "--listeners")
                        #expect(try await other.ask("seen") == before)
                        let rows = try await first.list("--all")
                        #expect(rows.allSatisfy { $0.processes.allSatisfy { $0.pid == holder.identifier } })
                        // By process, the other one's are found from here.
                        let byProcess = try await ChildProcess([
                            try SluiceBinary.path(), "socket", "list", "--json", "--judge-local", "--pid",
                            "\(other.identifier)",
                        ]).result(within: .seconds(60))
                        #expect(byProcess.exit == .code(1), "\(byProcess.errors)")
                        let found = try JSONDecoder().decode([ListedSocket].self, from: Data(byProcess.output.utf8))
                        let ports = Set(before.filter { $0.key != "listener" }.values.map(\.port))
                        #expect(Set(found.map(\.local.port)) == ports)
                    }
                }
            }
        }
    }

    @Test("RISK-2 a socket that is closed between the look and the change is reported as gone, and disturbs nothing")
    func closedMeanwhile() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { holder in
                let seen = try await holder.ask("six")
                let scan = try SocketScan.run(.named(place.name))
                let ports = try ["off", "system"].map { try #require(seen[$0]).port }
                let chosen = scan.sockets.filter { ports.contains($0.local.port) }
                #expect(chosen.count == 2)
                try await holder.ask("close off")
                let changes = try SocketFix.apply(
                    KeepAliveOrder(idleSeconds: 30, intervalSeconds: 10, count: 3),
                    to: chosen.map { SocketFix.Target(socket: $0, timeoutSeconds: 240) },
                    in: Array(scan.namespaces.values), changesListeners: false)
                let outcomes = chosen.map { ($0.local.port, changes[$0.cookie]?.outcome) }
                for (port, outcome) in outcomes {
                    // A closed socket may still be there while it waits for the other end.
                    let allowed: [SocketChange.Outcome] =
                        port == ports[0] ? [.gone, .notConnected, .changed] : [.changed]
                    #expect(outcome.map { allowed.contains($0) } ?? false, "\(port): \(outcomes)")
                }
                #expect(try await holder.ask("seen")["system"]?.idle == 30)
            }
        }
    }

    @Test("RISK-1 looks and changes succeed while connections come and go all the time")
    func churn() async throws {
        try await withPlace { place in
            let churner = try ChildProcess(
                place.inside([
                    "/usr/bin/python3", "-c",
                    """
                    import socket
                    l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(64)
                    while True:
                        c = socket.create_connection(l.getsockname()); p, _ = l.accept(); c.close(); p.close()
                    """,
                ]))
            do {
                for _ in 0..<8 {
                    let looked = try await place.sluice("socket", "list", "--judge-local", "--all", "--json")
                    #expect(looked.exit == .code(0) || looked.exit == .code(1), "\(looked.errors)")
                    let fixed = try await place.sluice("socket", "fix", "--judge-local", "--yes")
                    #expect(fixed.exit == .code(0) || fixed.exit == .code(1), "\(fixed.errors)")
                }
            } catch {
                await churner.terminate()
                throw error
            }
            #expect(churner.isRunning, "\(churner.allOutput)")
            await churner.terminate()
        }
    }

    @Test("RISK-1 20,000 sockets are listed, each with its process")
    func many() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { first in
                try await withHolder(in: place) { second in
                    // Two processes, because a process may have 20,000 files at most on some machines.
                    try await first.ask("many 5000", within: .seconds(120))
                    try await second.ask("many 5000", within: .seconds(120))
                    let clock = ContinuousClock()
                    var scan = SocketScan()
                    let reading = try clock.measure { scan = try SocketScan.run(.named(place.name)) }
                    let established = scan.sockets.filter { $0.state == .established }
                    #expect(established.count == 20_000)
                    let owners = established.map { scan.owners[$0].map(\.process) }
                    #expect(owners.count { $0 == [first.identifier] } == 10_000)
                    #expect(owners.count { $0 == [second.identifier] } == 10_000)
                    #expect(Set(established.map(\.cookie)).count == 20_000)
                    let sluice = try SluiceBinary.path()
                    let start = clock.now
                    let listed = try await ChildProcess([
                        sluice, "socket", "list", "--json", "--judge-local", "--netns", place.name,
                    ]).result(within: .seconds(60))
                    print("20,000 sockets: read in \(reading), listed as JSON in \(clock.now - start) (this build)")
                    #expect(listed.output.split(separator: "\n").count == 20_002)
                }
            }
        }
    }
}
