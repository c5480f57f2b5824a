import Glibc
import Inspection
import Lab
import Testing

/// `continuity: preserve` with 200 real connections that move data both ways all the time: none ends, none loses a byte.
@Suite(.serialized) struct KeepTests {
    @Test("KEEP-1 SCALE-4 scale-out, scale-in, drain and stop by hand keep every connection and every byte")
    func scaling() async throws {
        try await FleetLab.with(continuity: "preserve") { fleet in
            let crowd = try await Crowd.begin(fleet)
            let owners = try await fleet.owners()
            #expect(owners.values.allSatisfy { $0 == 1 || $0 == 2 } && Set(owners.values).count == 2)
            #expect(try await fleet.run("fleet", "scale", "--instances", "4").succeeded)
            try await fleet.waitFor("four to serve") { $0.serving == 4 }
            #expect(try await fleet.owners() == owners, "a scale-out moves nothing")
            try await crowd.expectAlive("scale-out")
            #expect(try await fleet.run("fleet", "scale", "--instances", "2").succeeded)
            try await fleet.waitFor("two to be left") { $0.instances.count == 2 && $0.serving == 2 }
            try await crowd.expectAlive("scale-in")
            for command in ["drain", "stop"] {
                let first = try #require(try await fleet.status().instances.first?.identifier)
                let answer = try await fleet.run("instance", command, "\(first)")
                #expect(answer.succeeded, "\(answer.errors)")
                try await fleet.waitFor("\(command) of \(first)") { status in
                    status.serving == 2 && !status.instances.contains { $0.identifier == first }
                }
                try await crowd.expectAlive("\(command)")
            }
            #expect(try await fleet.sessions().count >= crowd.count)
            try await crowd.expectEveryByte()
        }
    }

    @Test(
        "KEEP-1 KEEP-3 RECOV-1 kill -9 and SIGSTOP of each instance: found, replaced within 10 s, and nothing is lost")
    func recovery() async throws {
        try await FleetLab.with(continuity: "preserve") { fleet in
            let crowd = try await Crowd.begin(fleet)
            for signal in [SIGKILL, SIGSTOP] {
                for instance in try await fleet.status().instances {
                    let start = ContinuousClock.now
                    kill(instance.processIdentifier, signal)
                    try await fleet.waitFor("a replacement of \(instance.identifier)", within: .seconds(10)) { status in
                        status.serving == 2
                            && !status.instances.contains { $0.processIdentifier == instance.processIdentifier }
                    }
                    #expect(ContinuousClock.now - start < .seconds(10))
                    #expect(kill(instance.processIdentifier, 0) != 0, "the process that hung is gone")
                    try await crowd.expectAlive("signal \(signal) to instance \(instance.identifier)")
                }
            }
            try await crowd.expectEveryByte()
        }
    }

    @Test("KEEP-1 MAINT-1 a rolling update replaces every instance and the kernel program, and keeps every connection")
    func maintenance() async throws {
        try await FleetLab.with(continuity: "preserve") { fleet in
            let crowd = try await Crowd.begin(fleet)
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
            try await crowd.expectEveryByte()
        }
    }

    @Test("KEEP-3 RECOV-3 kill -9 of the controller amid scale-in, maintenance and recovery: the next one goes on")
    func controller() async throws {
        try await FleetLab.with(continuity: "preserve") { first in
            var fleet = first
            let crowd = try await Crowd.begin(fleet)
            for disturbance in ["scale-in", "maintenance", "recovery", "everything"] {
                switch disturbance {
                case "scale-in":
                    #expect(try await fleet.run("fleet", "scale", "--instances", "4").succeeded)
                    try await fleet.waitFor("four to serve") { $0.serving == 4 }
                    #expect(try await fleet.run("fleet", "scale", "--instances", "2").succeeded)
                case "maintenance":
                    #expect(try await fleet.run("maintenance", "start").succeeded)
                    try await Task.sleep(for: .milliseconds(60))
                case "recovery":
                    kill(try await fleet.status().instances[0].processIdentifier, SIGKILL)
                default:
                    for instance in try await fleet.status().instances { kill(instance.processIdentifier, SIGKILL) }
                }
                await fleet.killController()
                try await crowd.expectAlive("no controller, amid \(disturbance)")
                fleet = try await fleet.startController()
                try await fleet.waitFor("the end of \(disturbance)", within: .seconds(30)) { status in
                    status.serving == 2 && status.instances.count == 2
                        && (disturbance != "maintenance" || status.maintenance?.phase == "completed")
                }
                try await crowd.expectAlive("\(disturbance) with a new controller")
            }
            try await crowd.expectEveryByte()
        }
    }
}

extension FleetLab {
    /// The instance of each session of the client's, by its port.
    func owners() async throws -> [UInt16: Int] {
        Dictionary(
            try await sessions().filter { $0.protocol == "tcp" }.map { ($0.source.port, Int($0.instance)) },
            uniquingKeysWith: { $1 })
    }
}
