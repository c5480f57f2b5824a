import Glibc
import Lab
import Testing

@testable import Sockets

/// The guard of a cgroup, on real connections.
@Suite struct SocketGuardTests {
    /// A cgroup of a test's own. Its guard goes first, and it must be empty then.
    private func withGroup(_ name: String, _ body: (String) async throws -> Void) async throws {
        let root = try #require(CgroupTree.root, "this machine has no cgroup2 hierarchy")
        let path = "\(root)/sluice-test-\(getpid())-\(name)"
        #expect(mkdir(path, 0o755) == 0)
        func remove() async {
            try? SocketGuard.remove(cgroup: path)
            // The kernel removes ended processes from the group a moment later.
            _ = await eventually(within: .seconds(5)) { rmdir(path) == 0 || errno == ENOENT }
        }
        do {
            try await body(path)
            await remove()
        } catch {
            await remove()
            throw error
        }
    }

    private func sluice(_ arguments: String...) async throws -> CommandResult {
        try await ChildProcess([try SluiceBinary.path(), "socket", "guard"] + arguments).result(within: .seconds(60))
    }

    @Test(
        "RISK-2 a guard sets keep-alive on new connections, active and passive, and not on what the application set well"
    )
    func guarded() async throws {
        try await withGroup("guard") { group in
            try await withPlace { place in
                try await withHolder(in: place, before: "echo $$ >\(group)/cgroup.procs") { holder in
                    _ = try await holder.ask("connect before")
                    let added = try await sluice("add", "--cgroup", group, "--idle", "30s")
                    #expect(added.exit == .code(0) && added.output.contains("30/10/3"), "\(added.allOutput)")
                    let again = try await sluice("add", "--cgroup", group)
                    #expect(again.exit == .code(2) && again.errors.contains("has a guard already"))

                    _ = try await holder.ask("connect plain")
                    _ = try await holder.ask("connect well on=1 idle=20 interval=5 count=4")
                    _ = try await holder.ask("connect slow on=1 idle=600")
                    let seen = try await holder.ask("connect system on=1")
                    for name in ["plain", "plain-peer", "system"] {
                        let end = try #require(seen[name])
                        #expect(end.on == 1 && end.idle == 30 && end.interval == 10 && end.count == 3, "\(name)")
                    }
                    #expect(seen["before"]?.on == 0 && seen["before-peer"]?.on == 0)
                    let well = try #require(seen["well"])
                    #expect(well.idle == 20 && well.interval == 5 && well.count == 4)
                    #expect(seen["slow"]?.idle == 600)
                    let timers = try await place.timers("sport = :\(seen["plain"]?.port ?? 0)")
                    #expect(timers.joined().contains("timer:(keepalive,"), "\(timers)")

                    let listed = try #require(try SocketGuard.list().first { $0.path == group })
                    #expect(listed.connectionsSeen == 8 && listed.connectionsChanged == 6)
                    #expect(try await sluice("list").output.contains(group))

                    let removed = try await sluice("remove", "--cgroup", group)
                    #expect(removed.exit == .code(0) && removed.output == "1 guard removed\n")
                    #expect(try await holder.ask("connect after")["after"]?.on == 0)
                    #expect(try await sluice("remove", "--cgroup", group).exit == .code(2))
                    #expect(try !SocketGuard.list().contains { $0.path == group })
                }
            }
        }
    }

    @Test(
        "RISK-2 processes outside of the cgroup are not guarded, and --override also replaces the application's values")
    func others() async throws {
        try await withGroup("override") { group in
            try await withPlace { place in
                try await withHolder(in: place, before: "echo $$ >\(group)/cgroup.procs") { inside in
                    try await withHolder(in: place) { outside in
                        #expect(try await sluice("add", "--cgroup", group, "--override").exit == .code(0))
                        #expect(try await inside.ask("connect slow on=1 idle=600")["slow"]?.idle == 30)
                        #expect(try await outside.ask("connect plain")["plain"]?.on == 0)
                        // The connections of the cgroup can be selected.
                        let rows = try await place.list("--cgroup", group)
                        #expect(rows.count == 2 && rows.allSatisfy { $0.processes.map(\.pid) == [inside.identifier] })
                    }
                }
            }
        }
    }

    @Test("RISK-2 the guard of a cgroup that no longer exists is listed as gone, and removed")
    func gone() async throws {
        let root = try #require(CgroupTree.root)
        let path = "\(root)/sluice-test-\(getpid())-gone"
        #expect(mkdir(path, 0o755) == 0)
        let order = KeepAliveOrder(idleSeconds: 30, intervalSeconds: 10, count: 3)
        let added = try SocketGuard.add(cgroup: path, order, timeoutSeconds: 240)
        #expect(rmdir(path) == 0)
        #expect(try SocketGuard.list().first { $0.cgroup == added.cgroup }?.path == nil)
        #expect(try await sluice("list").output.contains("(gone: \(added.cgroup))"))
        #expect(try await sluice("remove", "--gone").exit == .code(0))
        #expect(try !SocketGuard.list().contains { $0.cgroup == added.cgroup })
    }
}
