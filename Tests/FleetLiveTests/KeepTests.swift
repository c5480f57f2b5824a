import Glibc
import Inspection
import Lab
import Testing

/// `continuity: preserve` with 200 real connections that always carry data in both directions: none ends, none loses a
/// byte. ``ActTests`` kills the controller during each disturbance. Here the controller stays, or all processes are
/// killed.
@Suite(.serialized) struct KeepTests {
    @Test(
        "KEEP-1 KEEP-3 SCALE-4 RECOV-1 MAINT-1 scaling, drain, stop, kill -9, SIGSTOP, update: all connections stay")
    func everything() async throws {
        try await FleetLab.with(continuity: "preserve") { fleet in
            let crowd = try await Crowd.begin(fleet)
            try await scale(fleet, crowd)
            try await takeOut(fleet, crowd)
            try await strike(fleet, crowd)
            try await update(fleet, crowd)
            #expect(try await fleet.sessions().count >= crowd.count)
            try await crowd.expectEveryByte()
        }
    }

    private func scale(_ fleet: FleetLab, _ crowd: Crowd) async throws {
        let owners = try await fleet.owners()
        #expect(owners.values.allSatisfy { $0 == 1 || $0 == 2 } && Set(owners.values).count == 2)
        #expect(try await fleet.run("fleet", "scale", "--instances", "4").succeeded)
        try await fleet.waitFor("four to serve") { $0.serving == 4 }
        #expect(try await fleet.owners() == owners, "a scale-out moves no session")
        try await crowd.expectAlive("scale-out")
        #expect(try await fleet.run("fleet", "scale", "--instances", "2").succeeded)
        try await fleet.waitFor("two instances to remain") { $0.instances.count == 2 && $0.serving == 2 }
        try await crowd.expectAlive("scale-in")
    }

    /// An operator drains one instance, and stops another.
    private func takeOut(_ fleet: FleetLab, _ crowd: Crowd) async throws {
        for command in ["drain", "stop"] {
            let first = try #require(try await fleet.status().instances.first?.identifier)
            let answer = try await fleet.run("instance", command, "\(first)")
            #expect(answer.succeeded, "\(answer.errors)")
            try await fleet.waitFor("\(command) of \(first)") { status in
                status.serving == 2 && !status.instances.contains { $0.identifier == first }
            }
            try await crowd.expectAlive("\(command)")
        }
    }

    private func strike(_ fleet: FleetLab, _ crowd: Crowd) async throws {
        for (instance, signal) in zip(try await fleet.status().instances, [SIGKILL, SIGSTOP]) {
            let start = ContinuousClock.now
            kill(instance.processIdentifier, signal)
            try await fleet.waitFor("a replacement of \(instance.identifier)", within: .seconds(10)) { status in
                status.serving == 2
                    && !status.instances.contains { $0.processIdentifier == instance.processIdentifier }
            }
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(kill(instance.processIdentifier, 0) != 0, "the old process is gone")
            try await crowd.expectAlive("signal \(signal) to instance \(instance.identifier)")
        }
    }

    private func update(_ fleet: FleetLab, _ crowd: Crowd) async throws {
        let before = Set(try await fleet.status().instances.map(\.processIdentifier))
        let answer = try await fleet.run("maintenance", "start", "--binary", fleet.gateway.binary)
        #expect(answer.succeeded, "\(answer.errors)")
        let done = try await fleet.waitFor("the update", within: .seconds(30)) {
            $0.maintenance?.phase == "completed"
        }
        #expect(done.instances.allSatisfy { !before.contains($0.processIdentifier) })
        try await crowd.expectAlive("maintenance")
        let isReplaced = await eventually(within: .seconds(30)) {
            let events = try? await fleet.run("event", "list", "--json")
            return events?.output.contains("programReplaced") == true
        }
        #expect(isReplaced)
        try await crowd.expectAlive("kernel program")
    }

    @Test("KEEP-3 RECOV-3 kill -9 of every instance and of the controller at once: the next controller restores all")
    func nobodyLeft() async throws {
        try await FleetLab.with(continuity: "preserve") { fleet in
            let crowd = try await Crowd.begin(fleet)
            for instance in try await fleet.status().instances { kill(instance.processIdentifier, SIGKILL) }
            await fleet.killController()
            try await crowd.expectAlive("no process is left")
            let next = try await fleet.startController()
            try await next.waitFor("two to serve", within: .seconds(30)) { $0.serving == 2 && $0.instances.count == 2 }
            try await crowd.expectAlive("all serve again")
            try await crowd.expectEveryByte()
        }
    }
}

extension FleetLab {
    /// The instance of each TCP session of the client.
    func owners() async throws -> [Crowd.Ports: Int] {
        Dictionary(
            try await sessions().filter { $0.protocol == "tcp" }.map {
                (Crowd.Ports(client: Int($0.source.port), server: Int($0.destination.port)), Int($0.instance))
            },
            uniquingKeysWith: { $1 })
    }
}
