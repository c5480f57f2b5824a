import ArgumentParser
import FoundationEssentials
import Glibc
import Lab
import Store
import Testing

@testable import Inspection
@testable import sluice

struct EventTests {
    /// 2026-03-01T12:00:00.5Z
    private static let start: UInt64 = 1_772_366_400_500_000_000

    private static let events = [
        HistoryEvent(
            id: 1, time: start, kind: "gatewayStarted", subject: "gateway",
            detail: ["zones": 2, "rules": 12, "capacitySessions": 262_144]),
        HistoryEvent(
            id: 2, time: start + 4_000_000, kind: "instanceServing", subject: "instance 1", detail: ["process": 4711]),
        HistoryEvent(
            id: 3, time: start + 60_000_000_000, kind: "instanceFailed", subject: "instance 1",
            cause: "it did not answer", detail: ["process": 4711, "silentMilliseconds": 5250]),
        HistoryEvent(
            id: 4, time: start + 61_000_000_000, kind: "configurationRefused", subject: "gateway",
            cause: "sluice.yaml:2:1: profil: is not known\nNothing was changed."),
        HistoryEvent(
            id: 5, time: start + 3_600_000_000_000, kind: "gatewayStopped", subject: "gateway", cause: "SIGTERM",
            detail: ["sessionsLeft": 3, "ended": .object(["idleReset": 20, "fin": 1000])]),
    ]

    private static let table = """
        TIME                      EVENT                 SUBJECT     WHY AND WHAT
        2026-03-01T12:00:00.500Z  gatewayStarted        gateway     capacitySessions 262,144, rules 12, zones 2
        2026-03-01T12:00:00.504Z  instanceServing       instance 1  process 4,711
        2026-03-01T12:01:00.500Z  instanceFailed        instance 1  it did not answer; process 4,711, silentMilliseconds 5,250
        2026-03-01T12:01:01.500Z  configurationRefused  gateway     sluice.yaml:2:1: profil: is not known; Nothing was changed.
        2026-03-01T13:00:00.500Z  gatewayStopped        gateway     SIGTERM; ended (fin 1,000, idleReset 20), sessionsLeft 3

        """

    @Test("OPS-4 the table of events")
    func table() {
        #expect(EventRendering.table(Self.events.map(EventView.init)).text() == Self.table)
    }

    @Test("OPS-4 event follow writes one event a line, as text and as JSON")
    func line() throws {
        let view = EventView(Self.events[2])
        #expect(
            EventRendering.line(view)
                == "2026-03-01T12:01:00.500Z  instanceFailed         instance 1      it did not answer; process 4,711, "
                + "silentMilliseconds 5,250")
        #expect(
            try EventRendering.jsonLine(view)
                == #"{"cause":"it did not answer","detail":{"process":4711,"silentMilliseconds":5250},"id":3,"kind":"#
                + #""instanceFailed","subject":"instance 1","time":"2026-03-01T12:01:00.5000000Z"}"# + "\n")
    }

    @Test("OPS-4 filters of the command line")
    func filters() throws {
        func filter(_ line: String) throws -> HistoryFilter {
            let command = try Sluice.parseAsRoot(line.split(separator: " ").map(String.init))
            return try #require(command as? EventList).events.filter(now: Self.start)
        }
        #expect(try filter("event list") == HistoryFilter())
        #expect(try filter("event list --since 1h").since == Self.start - 3_600_000_000_000)
        #expect(try filter("event list --since 2026-03-01T11:00:00Z").since == 1_772_362_800_000_000_000)
        #expect(try filter("event list --kind scaleOut --kind scale-in").kinds == ["scaleOut", "scaleIn"])
        #expect(try filter("event list --instance 3 --instance 4").subjects == ["instance 3", "instance 4"])
        for bad in ["event list --since yesterday", "event list --limit 0", "event follow --limit -1"] {
            #expect(throws: (any Error).self) { try filter(bad) }
        }
    }

    @Test("OPS-4 the chosen history is the named one, that of the running gateway, or the only one")
    func location() throws {
        func choose(_ gateway: String?, _ running: String?, _ known: [String]) throws -> String {
            try HistoryLocation.choose(gateway: gateway, running: running, known: known, in: "/state")
        }
        #expect(try choose("named", "running", ["a", "b"]) == "named")
        #expect(try choose(nil, "running", ["a", "b"]) == "running")
        #expect(try choose(nil, nil, ["a"]) == "a")
        let many = #expect(throws: InspectionError.self) { try choose(nil, nil, ["a", "b"]) }
        #expect(many.map { "\($0)" }?.hasSuffix("a, b\nnext: sluice event list --gateway a") == true)
        #expect(throws: InspectionError.self) { try choose(nil, nil, []) }
        // In a named directory, running gateways do not matter.
        func inNamed(_ running: String?, _ known: [String]) throws -> String {
            try HistoryLocation.choose(gateway: nil, running: running, known: known, in: "/backup", isNamed: true)
        }
        #expect(try inNamed("running", ["a"]) == "a")
        #expect(try inNamed("running", ["a", "running"]) == "running")
        #expect(throws: InspectionError.self) { try inNamed("running", []) }
    }

    @Test("OPS-4 the built program lists, filters and follows the history of a gateway that no longer runs")
    func binary() async throws {
        let place = try Place()
        let history = try History(gateway: "edge-1", stateDirectory: place.path, now: 1)
        history.record(Self.events)
        let options = ["--gateway", "edge-1", "--state-directory", place.path]
        func list(_ more: String...) async throws -> (output: String, errors: String) {
            let child = try ChildProcess([try SluiceBinary.path(), "event", "list"] + options + more)
            #expect(await child.waitForExit(within: .seconds(30)) == .code(0), "\(child.allOutput)")
            return (child.standardOutput, child.standardError)
        }
        #expect(try await list().output == Self.table)
        let two = try await list("--limit", "2", "--kind", "instanceServing", "--kind", "instanceFailed", "--json")
        let views = try JSONDecoder().decode([EventView].self, from: Data(two.output.utf8))
        #expect(views == Self.events[1...2].map(EventView.init))
        #expect(try await list("--limit", "2").errors.contains("older events are left out"))

        let follower = try ChildProcess([try SluiceBinary.path(), "event", "follow"] + options + ["--limit", "1"])
        let begun = await eventually(within: .seconds(20)) { follower.standardOutput.contains("gatewayStopped") }
        #expect(begun)
        history.record(
            HistoryEvent(time: Self.start, kind: "gatewayTookOver", subject: "gateway", detail: ["rules": 1]))
        let followed = await eventually(within: .seconds(20)) { follower.standardOutput.contains("gatewayTookOver") }
        #expect(followed)
        #expect(follower.standardOutput.split(separator: "\n").count == 2)
        await follower.terminate()

        let nobody = try ChildProcess([
            try SluiceBinary.path(), "event", "list", "--gateway", "nobody", "--state-directory", place.path,
        ])
        #expect(await nobody.waitForExit(within: .seconds(30)) == .code(1))
        #expect(nobody.standardError.contains("there is no history at") && nobody.standardError.contains("next: "))
    }
}

/// A directory that exists as long as the value does.
final class Place {
    let path = "/tmp/sluice-command-tests-\(getpid())-\(UInt32.random(in: 0 ... .max))"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
