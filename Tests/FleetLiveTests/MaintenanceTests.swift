import Glibc
import Inspection
import Lab
import Testing

/// Maintenance as operators control it.
@Suite(.serialized) struct MaintenanceTests {
    @Test(
        "MAINT-3 MAINT-4 pause stops further replacements, resume continues, abort ends it; the controller may die meanwhile"
    )
    func steering() async throws {
        // A drain takes 3 s.
        try await FleetLab.with(timeScale: 30) { first in
            var fleet = first
            let crowd = try await Crowd.begin(fleet, count: 40)
            let before = Dictionary(
                try await fleet.status().instances.map { ($0.identifier, $0.processIdentifier) },
                uniquingKeysWith: { $1 })
            #expect(try await fleet.run("maintenance", "start").succeeded)
            try await fleet.waitFor("the first to drain") { $0.instances.contains { $0.drain != nil } }
            #expect(try await fleet.run("maintenance", "pause").succeeded)
            let again = try await fleet.run("maintenance", "start")
            #expect(!again.succeeded && again.errors.contains("is going on"))
            await fleet.killController()
            fleet = try await fleet.startController()
            let paused = try await fleet.waitFor("one to be replaced") { $0.maintenance?.updated.count == 1 }
            #expect(paused.maintenance?.paused == true)
            // As documented, its sessions were reset, and no others.
            #expect(!crowd.client.errors.isEmpty && crowd.client.errors.count < crowd.count)
            #expect(Set(crowd.client.errors) == ["ECONNRESET"])
            try await Task.sleep(for: .seconds(1))
            let still = try await fleet.status()
            #expect(still.maintenance?.updated.count == 1 && still.instances.allSatisfy { $0.drain == nil })
            #expect(
                still.instances.contains { before[$0.identifier] == $0.processIdentifier }, "one instance is unchanged")
            // New sessions go to the replaced instance, also by the steering of a controller that has just started.
            let more = try await Crowd.begin(fleet, count: 30, port: 8001)
            let grown = try await fleet.status()
            for instance in grown.instances {
                let earlier = still.instances.first { $0.identifier == instance.identifier }?.sessions ?? 0
                let isOld = before[instance.identifier] == instance.processIdentifier
                #expect(
                    isOld ? instance.sessions <= earlier : instance.sessions >= earlier + more.count,
                    "instance \(instance.identifier): \(earlier), \(instance.sessions)")
            }
            #expect(try await fleet.run("maintenance", "resume").succeeded)
            try await fleet.waitFor("the second to drain") { $0.instances.contains { $0.drain != nil } }
            #expect(try await fleet.run("maintenance", "abort").succeeded)
            let over = try await fleet.waitFor("its end") { $0.maintenance?.phase == "aborted" }
            #expect(over.serving >= 2)
            try await fleet.waitFor("two instances to remain") { $0.instances.count == 2 && $0.serving == 2 }
        }
    }

    @Test("MAINT-2 outside its window nothing begins; --now overrides")
    func window() async throws {
        var now = time_t(0)
        time(&now)
        // At the full hour after the next one.
        let hour = (Int(now) / 3600 + 2) % 24
        let window = "maintenance: { start: \"\(hour < 10 ? "0" : "")\(hour):00\", length: 5h, timeZone: UTC }"
        try await FleetLab.with(continuity: "preserve", extra: window) { fleet in
            let answer = try await fleet.run("maintenance", "start")
            #expect(answer.succeeded && answer.output.contains("waits for its window, which opens in "), "\(answer)")
            try await Task.sleep(for: .seconds(1))
            let waiting = try await fleet.status()
            #expect(waiting.maintenance?.phase == "waiting" && waiting.maintenance?.waitsForWindow == true)
            #expect(try await fleet.run("maintenance", "abort").succeeded)
            #expect(try await fleet.run("maintenance", "start", "--now").succeeded)
            try await fleet.waitFor("the update") { $0.maintenance?.phase == "completed" }
        }
    }
}
