import FlowLayout
import Foundation
import Glibc
import Kernel
import Lab
import TestSupport
import Testing

@testable import Gateway

/// A controller of another version takes over, and renews the instances in place (PKG-3). The other version is another
/// file: nothing else distinguishes two builds of the same sources.
@Suite(.serialized) struct RenewalLiveTests {
    private static let continuities = ["disruptive", "preserve"]

    @Test(
        "PKG-3 an upgrade: each instance gets a process of the new version; no session moves or ends, every byte arrives",
        arguments: continuities)
    func upgrade(continuity: String) async throws {
        try await FleetLab.with(continuity: continuity) { first in
            let crowd = try await Crowd.begin(first, count: 80)
            let (owners, drops) = (try await first.owners(), try await first.drops())
            let before = Set(try await first.status().instances.map(\.processIdentifier))
            let version2 = try await first.otherVersion("version-2")
            try await first.handOver()
            let fleet = try await first.startController(binary: version2)
            try await fleet.waitForRenewal()
            let after = try await fleet.status()
            #expect(after.serving == 2 && after.instances.map(\.identifier) == [1, 2] && after.renewal == nil)
            for instance in after.instances {
                #expect(!before.contains(instance.processIdentifier))
                #expect(fleet.program(of: instance.processIdentifier) == version2)
            }
            try await crowd.expectAlive("after the upgrade")
            // No session has moved, no packet was dropped, and no instance was drained or unresponsive.
            #expect(try await fleet.owners() == owners)
            #expect(try await fleet.drops() == drops)
            let events = try await fleet.kinds()
            #expect(events.filter { $0 == "instanceRenewed" }.count == 2 && events.contains("renewalCompleted"))
            #expect(!events.contains("instanceUnresponsive") && !events.contains("instanceDraining"))
            #expect(!events.contains("sessionsMoved") && !events.contains("sessionsDiscarded"))
            // The kernel program is the same in both files, so it stays.
            try await fleet.gateway.process.waitForText(
                "the kernel program is this version's already", within: .seconds(20))
            // Back to the first version after a crash, as in a downgrade of the package.
            await fleet.killController()
            let back = try await fleet.startController(binary: first.gateway.binary)
            try await back.waitForRenewal(number: 2)
            for instance in try await back.status().instances {
                #expect(back.program(of: instance.processIdentifier) == realPath(first.gateway.binary))
            }
            try await crowd.expectAlive("after the downgrade")
            try await crowd.expectEveryByte()
            #expect(try await back.owners() == owners)
            #expect(await back.gateway.stop() == .code(0))
        }
    }

    @Test(
        "PKG-3 RECOV-3 controllers of two versions are killed during renewals: connections continue, every byte arrives",
        arguments: continuities)
    func crash(continuity: String) async throws {
        try await FleetLab.with(continuity: continuity) { first in
            var fleet = first
            let crowd = try await Crowd.begin(fleet, count: 80)
            let owners = try await fleet.owners()
            let versions = [try await fleet.otherVersion("version-2"), first.gateway.binary]
            // Renewals begin half a second after the start of a controller, and take some hundred milliseconds each.
            for (number, milliseconds) in [450, 500, 550, 600, 650, 700, 800, 1000].enumerated() {
                await fleet.killController()
                fleet = try await fleet.startController(binary: versions[number % 2])
                try await Task.sleep(for: .milliseconds(milliseconds))
            }
            try await fleet.waitFor("the end of the renewals") { $0.renewal == nil && $0.serving == 2 }
            try await crowd.expectAlive("after the renewals")
            try await crowd.expectEveryByte()
            #expect(try await fleet.owners() == owners, "no session has moved")
            let running = Set(try await fleet.status().instances.map { fleet.program(of: $0.processIdentifier) })
            #expect(running == [realPath(versions[1])])
            let events = try await fleet.kinds()
            #expect(events.contains("instanceRenewed"))
            #expect(!events.contains("instanceUnresponsive") && !events.contains("renewalStopped"), "\(events)")
        }
    }

    @Test("PKG-3 an upgrade during a drain waits for the end of the drain, and then renews the remaining instances")
    func drain() async throws {
        try await FleetLab.with { first in
            let crowd = try await Crowd.begin(first, count: 60)
            let leaving = try await first.owners().filter { $0.value == 1 }.count
            #expect(try await first.run("instance", "drain", "1").succeeded)
            let version2 = try await first.otherVersion("version-2")
            try await first.handOver()
            let fleet = try await first.startController(binary: version2)
            let waiting = try await fleet.waitFor("the renewal to wait") { $0.renewal != nil }
            #expect(waiting.renewal?.text.hasPrefix("waits for instance ") == true, "\(waiting)")
            try await fleet.waitForRenewal(within: .seconds(40))
            let running = try await fleet.status().instances.map { fleet.program(of: $0.processIdentifier) }
            #expect(running == [version2, version2])
            // As documented, the drained instance has reset its sessions. The other instance has reset none.
            #expect(crowd.client.errors.count == leaving && crowd.server.errors.count == leaving)
        }
    }

    @Test(
        "PKG-3 RECOV-1 an instance that does not start again is recovered as usual; the others stay, and status says why"
    )
    func failing() async throws {
        try await FleetLab.with(continuity: "preserve") { first in
            let crowd = try await Crowd.begin(first, count: 60)
            let second = try await first.process(2)
            let version2 = try await first.otherVersion("version-2")
            try await first.handOver()
            // The process that waits longest gets the lock when the old process ends. The new process does not get it.
            let path = "/run/sluice/\(first.lab.name)/instance-1.lock"
            let thief = try first.lab.spawn(in: .gateway, ["flock", path, "sleep", "20"])
            let fleet = try await first.startController(binary: version2)
            let stopped = try await fleet.waitFor("the renewal's end", within: .seconds(20)) {
                $0.renewal?.current == nil && $0.renewal?.text.contains("after its renewal") == true
            }
            #expect(stopped.renewal?.remaining == [2])
            #expect(try await fleet.process(2) == second, "the other instance keeps its process")
            let status = try await fleet.run("status")
            #expect(!status.succeeded && status.output.contains("after its renewal"), "\(status.output)")
            try await fleet.waitFor("a replacement") { $0.serving == 2 }
            try await crowd.expectAlive("after the recovery")
            await thief.terminate()
            try await crowd.expectEveryByte()
            #expect(try await fleet.kinds().contains("renewalStopped"))
        }
    }

    @Test(
        "PKG-3 a file that this version refuses: the configuration in force stays, status shows the mistake, a reload corrects it"
    )
    func refusedFile() async throws {
        try await FleetLab.with { first in
            let crowd = try await Crowd.begin(first, count: 20)
            let path = first.gateway.configurationPath
            let good = try String(contentsOfFile: path, encoding: .utf8)
            try await first.handOver()
            try (good + "noSuchKey: 1\n").write(toFile: path, atomically: true, encoding: .utf8)
            let check = try await first.checkTakeover()
            #expect(check.exit == .code(4) && check.errors.contains("noSuchKey"), "\(check.allOutput)")
            let fleet = FleetLab(
                lab: first.lab, gateway: try await first.lab.startGateway(configuration: good + "noSuchKey: 1\n"))
            try await crowd.expectAlive("taken over")
            let line = good.split(separator: "\n", omittingEmptySubsequences: false).count
            let status = try await fleet.run("status")
            #expect(!status.succeeded && status.output.contains("sluice.yaml:\(line):"), "\(status.output)")
            // The configuration in force applies: one of its rules allows new connections.
            let more = try await Crowd.begin(fleet, count: 5, port: 8001)
            try await more.expectAlive("new connections")
            #expect(try await !fleet.run("reload").succeeded)
            try await fleet.gateway.reload(good)
            #expect(try await fleet.run("status").succeeded)
            #expect(try await fleet.checkTakeover().exit == .code(0))
            try await crowd.expectEveryByte()
        }
    }

    /// Mistakes that a reload would refuse too. They show only against the state of the kernel and of the machine.
    static let impossible = [
        (from: "sessions: 16384", to: "sessions: 100000", reason: "capacity.sessions"),
        (from: "interfaces: [peer0]", to: "interfaces: [peer0, nosuch0]", reason: "nosuch0"),
    ]

    @Test(
        "PKG-3 a file that does not fit the kernel's state or the machine: the configuration in force stays, status says why",
        arguments: impossible)
    func impossibleFile(change: (from: String, to: String, reason: String)) async throws {
        try await FleetLab.with { first in
            let crowd = try await Crowd.begin(first, count: 20)
            let path = first.gateway.configurationPath
            let good = try String(contentsOfFile: path, encoding: .utf8)
            let bad = good.replacing(change.from, with: change.to)
            #expect(bad != good)
            try bad.write(toFile: path, atomically: true, encoding: .utf8)
            let check = try await first.checkTakeover()
            #expect(check.exit == .code(4) && check.errors.contains(change.reason), "\(check.allOutput)")
            #expect(check.errors.contains("keeps the configuration in force"))
            try await first.handOver()
            let fleet = FleetLab(lab: first.lab, gateway: try await first.lab.startGateway(configuration: bad))
            try await crowd.expectAlive("taken over")
            let status = try await fleet.run("status")
            #expect(!status.succeeded && status.output.contains(change.reason), "\(status.output)")
            #expect(try await !fleet.run("reload").succeeded)
            try await fleet.gateway.reload(good)
            #expect(try await fleet.run("status").succeeded)
            try await crowd.expectEveryByte()
        }
    }

    @Test("PKG-3 BAD-6 a controller takes over though an interface is gone; the interface is attached when it is back")
    func missingInterface() async throws {
        try await FleetLab.with { first in
            let crowd = try await Crowd.begin(first, count: 20)
            let name = LabZone.peer.gatewayInterface
            let link = { (from: String, to: String) in
                try await first.lab.execute(in: .gateway, ["ip", "link", "set", from, "down"]).required()
                try await first.lab.execute(in: .gateway, ["ip", "link", "set", from, "name", to]).required()
                try await first.lab.execute(in: .gateway, ["ip", "link", "set", to, "up"]).required()
            }
            try await link(name, "away0")
            #expect(try await first.checkTakeover().exit == .code(0))
            try await first.handOver()
            let fleet = try await first.startController()
            try await crowd.expectAlive("taken over")
            let isSeen = await eventually(within: .seconds(10)) {
                (try? await fleet.run("status").output.contains("interface \(name) is gone")) == true
            }
            #expect(isSeen)
            try await link("away0", name)
            let isBack = await eventually(within: .seconds(10)) { (try? await fleet.run("status").succeeded) == true }
            #expect(isBack)
            try await crowd.expectEveryByte()
        }
    }

    @Test(
        "PKG-3 a version that can't serve the API takes over without it, and says what is missing; a reload corrects it"
    )
    func missingAPI() async throws {
        try await FleetLab.with(extra: "api: { listen: 127.0.0.1:8686 }") { first in
            let crowd = try await Crowd.begin(first, count: 20)
            // Without sluice-api beside it.
            let version2 = try await first.otherVersion("version-2")
            let arguments = [version2, "run", "--check-takeover", "--config", first.gateway.configurationPath]
            let check = try await first.lab.execute(in: .gateway, arguments, within: .seconds(30))
            #expect(check.exit == .code(4) && check.errors.contains("sluice-api"), "\(check.allOutput)")
            try await first.handOver()
            let fleet = try await first.startController(binary: version2)
            try await fleet.waitForRenewal()
            let status = try await fleet.run("status")
            #expect(!status.succeeded && status.output.contains("the API is not served"), "\(status.output)")
            #expect(try await !fleet.run("reload").succeeded)
            let built = try #require(realPath(first.gateway.binary))
            let api = built.dropLast("sluice".count) + "sluice-api"
            let copy = ["cp", "\(api)", "\(fleet.lab.directory)/sluice-api"]
            try await fleet.lab.execute(in: .gateway, copy).required()
            #expect(try await fleet.run("reload").succeeded)
            #expect(try await fleet.run("status").succeeded)
            try await crowd.expectEveryByte()
        }
    }

    @Test("PKG-3 API-1 a port that is in use at the takeover: the API is served as soon as the port is free")
    func portInUse() async throws {
        try await FleetLab.with(extra: "api: { listen: 127.0.0.1:8686 }") { first in
            try await first.handOver()
            let taken = try first.lab.spawn(
                in: .gateway, ["socat", "TCP-LISTEN:8686,bind=127.0.0.1,reuseaddr,fork", "EXEC:cat"])
            let isTaken = await eventually(within: .seconds(10)) {
                (try? await first.lab.execute(in: .gateway, ["curl", "-s", "-m", "1", "telnet://127.0.0.1:8686"]).exit)
                    == .code(28)
            }
            #expect(isTaken, "\(taken.allOutput)")
            let fleet = try await first.startController()
            let status = try await fleet.run("status")
            #expect(!status.succeeded && status.output.contains("the API is not served"), "\(status.output)")
            await taken.terminate()
            let isServed = await eventually(within: .seconds(20)) {
                (try? await fleet.lab.execute(
                    in: .gateway, ["curl", "-s", "-f", "http://127.0.0.1:8686/healthz"]
                ).succeeded) == true
            }
            #expect(isServed, "\(fleet.gateway.process.allOutput)")
            let isHealthy = await eventually(within: .seconds(10)) {
                (try? await fleet.run("status").succeeded) == true
            }
            #expect(isHealthy)
        }
    }

    @Test("PKG-3 BAD-6 a first start with a mistake in the file fails, as always; --check-takeover says so")
    func firstStart() async throws {
        try await withTestLab(prefix: "sluice-fl") { lab in
            let path = try lab.write(lab.configuration() + "noSuchKey: 1\n", to: "sluice.yaml")
            let binary = try SluiceBinary.path()
            let run = try await lab.execute(in: .gateway, [binary, "run", "--config", path])
            #expect(run.exit == .code(1) && run.errors.contains("noSuchKey"))
            let check = try await lab.execute(in: .gateway, [binary, "run", "--check-takeover", "--config", path])
            #expect(check.exit == .code(4) && check.errors.contains("would not start"), "\(check.allOutput)")
            let good = try lab.write(lab.configuration(), to: "sluice.yaml")
            let anew = try await lab.execute(in: .gateway, [binary, "run", "--check-takeover", "--config", good])
            #expect(anew.exit == .code(0) && anew.output.contains("is not in the kernel"), "\(anew.allOutput)")
        }
    }

    @Test(
        "PKG-3 RECOV-1 an upgrade during a recovery: the failed instance is replaced, the other is renewed",
        arguments: ["disruptive", "preserve"])
    func upgradeDuringRecovery(continuity: String) async throws {
        try await FleetLab.with(continuity: continuity) { first in
            let crowd = try await Crowd.begin(first, count: 60)
            let lost = try await first.owners().filter { $0.value == 1 }.count
            let dead = try await first.process(1)
            let version2 = try await first.otherVersion("version-2")
            kill(dead, SIGKILL)
            try await first.handOver()
            let fleet = try await first.startController(binary: version2)
            let isRenewed = await eventually(within: .seconds(30)) {
                guard let status = try? await fleet.status() else { return false }
                return status.serving == 2
                    && status.instances.allSatisfy { fleet.program(of: $0.processIdentifier) == version2 }
            }
            let status = try await fleet.status()
            #expect(isRenewed, "\(status)")
            if continuity == "preserve" {
                try await crowd.expectEveryByte()
            } else {
                let left = try await fleet.owners().count
                #expect(left == crowd.count - lost, "only the sessions of the killed instance are lost")
                #expect(crowd.client.errors.isEmpty, "without a RST, as documented")
            }
        }
    }

    @Test("PKG-3 another memory layout: --check-takeover reports the cost; a start refuses, and changes nothing")
    func layout() async throws {
        try await FleetLab.with { first in
            let crowd = try await Crowd.begin(first, count: 30)
            let same = try await first.checkTakeover()
            #expect(same.exit == .code(0) && same.output.contains("takes over"), "\(same.allOutput)")
            // Sessions are counted every second here.
            let isCounted = await eventually(within: .seconds(10)) {
                (try? await first.checkTakeover().output.contains("its 30 sessions continue")) == true
            }
            #expect(isCounted)
            let datapath = try Datapath.open(gateway: first.lab.name)
            let own = datapath.table.runtime.pointee.layoutVersion
            try await first.handOver()
            let files = try await first.runFiles()
            datapath.table.runtime.pointee.layoutVersion = own + 1
            defer { datapath.table.runtime.pointee.layoutVersion = own }
            let check = try await first.checkTakeover()
            let cost = "that ends its 30 sessions"
            #expect(check.exit == .code(3) && check.errors.contains(cost), "\(check.allOutput)")
            let run = try await first.lab.execute(
                in: .gateway, [first.gateway.binary, "run", "--config", first.gateway.configurationPath])
            #expect(run.exit == .code(1) && run.errors.contains(cost), "\(run.allOutput)")
            #expect(try await first.runFiles() == files)
            try await crowd.expectAlive("nothing has changed")
            datapath.table.runtime.pointee.layoutVersion = own
            let fleet = try await first.startController()
            try await crowd.expectEveryByte()
            #expect(try await fleet.status().serving == 2)
        }
    }
}

extension FleetLab {
    /// Another file with the same program, as another version would be.
    func otherVersion(_ name: String) async throws -> String {
        let path = "\(lab.directory)/\(name)"
        // A separate process copies it. A file that any process has open for writing can't be run, and this process
        // starts others all the time, which inherit its open files.
        try await lab.execute(in: .gateway, ["cp", realPath(gateway.binary) ?? gateway.binary, path]).required()
        return path
    }

    func startController(binary: String) async throws -> FleetLab {
        let text = try String(contentsOfFile: gateway.configurationPath, encoding: .utf8)
        return FleetLab(lab: lab, gateway: try await lab.startGateway(configuration: text, binary: binary))
    }

    /// The path of the program that a process runs.
    func program(of process: pid_t) -> String? { realPath("/proc/\(process)/exe") }

    /// - Parameter number: the number of renewals of the whole fleet since the gateway's start.
    func waitForRenewal(number: Int = 1, within limit: Duration = .seconds(20)) async throws {
        let isDone = await eventually(within: limit) {
            (try? await self.kinds().filter { $0 == "renewalCompleted" }.count == number) == true
        }
        if !isDone { throw Waited(what: "renewal \(number)", seen: "\(try await status()) \(try await kinds())") }
    }

    func checkTakeover() async throws -> CommandResult {
        try await lab.execute(
            in: .gateway,
            [gateway.binary, "run", "--check-takeover", "--config", gateway.configurationPath], within: .seconds(30))
    }

    /// Names of the run directory's files, and the holders of the locks.
    func runFiles() async throws -> String {
        let look = "cd /run/sluice/\(lab.name) && ls && cat instance-*.lock && cat controller.json"
        return try await lab.execute(in: .gateway, ["sh", "-c", look]).required().output
    }
}
