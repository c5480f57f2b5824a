import Glibc
import Inspection
import Lab
import TestSupport
import Testing

/// Auto-recovery as documented, and requests of operators that must be refused.
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

    @Test("RECOV-1 a pause of the whole machine ends no instance and no session, even if repeated")
    func pause() async throws {
        try await FleetLab.with(timeScale: 1) { fleet in
            let crowd = try await Crowd.begin(fleet, count: 40)
            let before = try await fleet.status().instances.map(\.processIdentifier)
            let controller = fleet.gateway.process.identifier
            for isControllerFirst in [true, false, true] {
                for process in before + [controller] { kill(process, SIGSTOP) }
                try await Task.sleep(for: .milliseconds(6500))
                // The process that continues first sees the others still stopped.
                for processes in isControllerFirst ? [[controller], before] : [before, [controller]] {
                    for process in processes { kill(process, SIGCONT) }
                    try await Task.sleep(for: .milliseconds(50))
                }
                try await Task.sleep(for: .seconds(1))
            }
            try await Task.sleep(for: .seconds(5))
            #expect(try await fleet.status().instances.map(\.processIdentifier) == before)
            let events = try await fleet.run("event", "list", "--json").output
            #expect(!events.contains("instanceUnresponsive"), "\(events)")
            try await crowd.expectAlive("after three pauses")
        }
    }

    @Test(
        "MET-3 RECOV-1 a log that is not read blocks nothing: a killed instance is replaced, and status reports the log"
    )
    func unreadLog() async throws {
        try await withTestLab(prefix: "sluice-fl") { lab in
            // Standard error is a pipe that is full from the start, and whose reader sleeps.
            let script = """
                #!/bin/bash
                export SLUICE_LOG=debug
                exec 2> >(exec sleep 120)
                head -c 65536 /dev/zero >&2
                exec \(try SluiceBinary.path()) "$@"
                """
            let binary = try lab.write(script, to: "unread")
            chmod(binary, 0o755)
            let text = lab.configuration(profile: "azure", timeScale: 10)
            let gateway = try await lab.startGateway(configuration: text, binary: binary)
            let fleet = FleetLab(lab: lab, gateway: gateway)
            try await fleet.waitFor("two instances to serve") { $0.serving == 2 }
            // More lines and more bytes than any queue holds.
            let crowd = try await Crowd.begin(fleet, count: 200)
            let process = try await fleet.process(1)
            kill(process, SIGKILL)
            try await fleet.waitFor("a replacement", within: .seconds(10)) { status in
                status.serving == 2 && !status.instances.contains { $0.processIdentifier == process }
            }
            var status = ""
            let isReported = await eventually(within: .seconds(10)) {
                status = (try? await fleet.run("status").output) ?? ""
                return status.contains("nothing reads the log")
            }
            #expect(isReported, "\(status)")
            // Ageing continues: the remaining connections stop sending, and are reset after 24 s.
            crowd.client.perform("rest")
            let isEmpty = await eventually(within: .seconds(40)) {
                (try? await fleet.sessions().filter { $0.state == "established" }.isEmpty) == true
            }
            #expect(isEmpty)
            #expect(await gateway.stop() != nil)
        }
    }

    @Test("BAD-6 MAINT-3 an impossible request is refused, with what to do instead, and the fleet continues")
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
            try await refused(["maintenance", "start", "--binary", "/bin/true"], "is not a sluice")
            let other = try fleet.lab.write("#!/bin/sh\necho 'sluice binary, layout 1'\n", to: "other-layout")
            chmod(other, 0o755)
            try await refused(["maintenance", "start", "--binary", other], "ends its 20 sessions")
            #expect(try await fleet.run("instance", "drain", "1").succeeded)
            try await fleet.waitFor("its replacement") { $0.serving == 2 }
            try await refused(["instance", "drain", "1"], "drains already")
            try await refused(["instance", "drain", "2"], "only one may at a time")
            #expect(try await fleet.run("instance", "drain", "1", "--cancel").succeeded)
            try await crowd.expectAlive("after all refusals")
        }
    }

    @Test(
        "MAINT-3 MAINT-1 a binary whose instances do not start to serve is rolled back, and all connections stay")
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
