import Glibc
import Inspection
import Lab
import Testing

/// Auto-recovery as documented, and what operators must not be able to do.
@Suite(.serialized) struct RecoveryTests {
    @Test(
        "RECOV-1 RECOV-2 azure: a stopped and a killed instance are replaced within 10 s; their sessions are lost without a reset"
    )
    func azure() async throws {
        try await FleetLab.with { fleet in
            let crowd = try await Crowd.begin(fleet, count: 40)
            var lost: Set<Crowd.Ports> = []
            for (instance, signal) in [(1, SIGSTOP), (2, SIGKILL)] {
                let owners = try await fleet.owners().filter { $0.value == instance }
                #expect(!owners.isEmpty)
                lost.formUnion(owners.keys)
                let process = try await fleet.process(instance)
                let start = ContinuousClock.now
                kill(process, signal)
                try await fleet.waitFor("a replacement of \(instance)", within: .seconds(10)) { status in
                    status.serving == 2 && !status.instances.contains { $0.processIdentifier == process }
                }
                #expect(ContinuousClock.now - start < .seconds(10))
                let left = try await fleet.owners()
                #expect(left.keys.allSatisfy { !lost.contains($0) })
            }
            #expect(crowd.client.errors.isEmpty && crowd.server.errors.isEmpty, "no reset is sent")
            // New sessions are served.
            let next = try await Crowd.begin(fleet, count: 40, port: 8001)
            try await next.expectAlive("after two recoveries")
            let events = try await fleet.run("event", "list", "--json").output
            #expect(events.contains("instanceUnresponsive") && events.contains("instanceRecovered"))
        }
    }

    @Test("BAD-6 MAINT-3 what can't be is refused, with what to do instead, and the fleet goes on")
    func refusals() async throws {
        try await FleetLab.with(timeScale: 2) { fleet in
            let crowd = try await Crowd.begin(fleet, count: 20)
            func refused(_ arguments: [String], _ words: String) async throws {
                let answer = try await fleet.lab.execute(
                    in: .gateway, [fleet.gateway.binary] + arguments + ["--gateway", fleet.lab.name],
                    within: .seconds(30))
                #expect(!answer.succeeded && answer.errors.contains(words), "\(arguments): \(answer.errors)")
            }
            try await refused(["fleet", "scale", "--instances", "21"], "outside the fleet's capacity of 2 to 20")
            try await refused(["fleet", "prescale", "--min", "4", "--max", "5"], "1 apart")
            try await refused(["fleet", "prescale", "--min", "1", "--max", "5"], "not within 2 to 50")
            try await refused(["instance", "drain", "9"], "there is no instance 9")
            try await refused(["instance", "drain", "1", "--cancel"], "does not drain")
            try await refused(["maintenance", "pause"], "no maintenance is going on")
            try await refused(["maintenance", "start", "--binary", "/nowhere/sluice"], "No such file")
            try await refused(["maintenance", "start", "--binary", "/etc/passwd"], "chmod +x")
            try await refused(["maintenance", "start", "--binary", "/bin/true"], "is no sluice")
            let other = try fleet.lab.write("#!/bin/sh\necho 'sluice binary, layout 1'\n", to: "other-layout")
            chmod(other, 0o755)
            try await refused(["maintenance", "start", "--binary", other], "ends its 20 sessions")
            #expect(try await fleet.run("instance", "drain", "1").succeeded)
            try await fleet.waitFor("its replacement") { $0.serving == 2 }
            try await refused(["instance", "drain", "1"], "drains already")
            try await refused(["instance", "drain", "2"], "only one may at a time")
            #expect(try await fleet.run("instance", "drain", "1", "--cancel").succeeded)
            try await crowd.expectAlive("after all that")
        }
    }

    @Test(
        "MAINT-3 MAINT-1 a binary that does not come to serve is rolled back; pause, resume and abort do what they say")
    func rollBack() async throws {
        try await FleetLab.with(continuity: "preserve") { fleet in
            let crowd = try await Crowd.begin(fleet, count: 20)
            let text = "#!/bin/sh\n[ \"$1\" = binary-check ] && exec \(fleet.gateway.binary) binary-check\nexit 3\n"
            let broken = try fleet.lab.write(text, to: "broken")
            chmod(broken, 0o755)
            #expect(try await fleet.run("maintenance", "start", "--binary", broken).succeeded)
            let status = try await fleet.waitFor("the roll-back") { $0.maintenance?.phase == "rolledBack" }
            #expect(status.maintenance?.text.contains("exited with status 3") == true)
            try await fleet.waitFor("two to serve") { $0.serving == 2 && $0.instances.count == 2 }
            try await crowd.expectAlive("after a roll-back")
        }
    }
}
