import FoundationEssentials
import Glibc
import Lab
import Store
import TestSupport
import Testing

@testable import Gateway
@testable import Kernel

/// `sluice state export` and `import`.
@Suite struct StateBackupTests {
    private let place = TemporaryDirectory()
    private var state: String { "\(place.path)/state" }
    private var archive: String { "\(place.path)/archive.tar" }

    private func backup(_ gateway: String = "backup-edge", in directory: String? = nil) -> StateBackup {
        StateBackup(gateway: gateway, stateDirectory: directory ?? state, root: "\(place.path)/run")
    }

    /// A state as a gateway leaves it: events, the fleet's state, tokens.
    private func makeState() throws {
        let history = try History(gateway: "backup-edge", stateDirectory: state, now: 1)
        let change = StateChange.set("fleet", ["instances": 3])
        #expect(
            history.record(
                (1...20).map {
                    HistoryEvent(time: UInt64($0), kind: "gatewayStarted", subject: "gateway", cause: "\($0)")
                },
                state: [change]))
        _ = try APITokens.make(in: "\(state)/backup-edge")
    }

    private func bytes(_ path: String) throws -> [UInt8] { try #require(try FileStore.read(path)) }

    private func refusal(
        _ backup: StateBackup, configurationFile: String? = nil, replacing: Bool = false
    ) -> String {
        do {
            _ = try backup.restore(
                from: archive, configurationFile: configurationFile, replacing: replacing, now: 100)
            return ""
        } catch {
            return error.description
        }
    }

    @Test("PKG-4 what is kept is the same after export and import: events, state, tokens, configuration")
    func roundTrip() async throws {
        try makeState()
        let configuration = "\(place.path)/sluice.yaml"
        try FileStore.replace(
            configuration, with: Array("zones: [{ name: a, interfaces: [eth0] }]\ngateway: backup-edge\n".utf8))
        let manifest = try backup().export(
            to: archive, configurationFile: configuration, version: .init(version: "1.2.3", commit: "x", layout: 9),
            now: 5)
        #expect(manifest.members.map(\.name) == ["history.db", "read.token", "admin.token", "configuration.yaml"])
        var status = stat()
        #expect(stat(archive, &status) == 0 && status.st_mode & 0o777 == 0o600, "it holds tokens")
        // tar itself lists it, and finds its checksums right.
        let listed = try await ChildProcess(["tar", "-tf", archive]).result(within: .seconds(10))
        #expect(listed.output == "sluice-state.json\nhistory.db\nread.token\nadmin.token\nconfiguration.yaml\n")

        let other = "\(place.path)/other"
        mkdir(other, 0o755)
        let restored = "\(place.path)/restored.yaml"
        #expect(
            try backup(in: other).restore(from: archive, configurationFile: restored, replacing: false, now: 100) == nil
        )
        let reader = try HistoryReader(path: HistoryPath.of(gateway: "backup-edge", in: other))
        let before = try HistoryReader(path: HistoryPath.of(gateway: "backup-edge", in: state))
        #expect(try reader.events() == before.events())
        #expect(try reader.events().count >= 20)
        #expect(try reader.state("fleet", as: [String: Int].self) == ["instances": 3])
        #expect(try APITokens.read(in: "\(other)/backup-edge") == APITokens.read(in: "\(state)/backup-edge"))
        #expect(try bytes(restored) == bytes(configuration))
        // A gateway continues with it.
        let history = try History(gateway: "backup-edge", stateDirectory: other, now: 200)
        #expect(history.problem == nil && history.state("fleet", as: [String: Int].self) == ["instances": 3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: other) == ["backup-edge"], "nothing else is left")
    }

    @Test("PKG-4 an export of a gateway that writes its history meanwhile is whole")
    func whileWriting() throws {
        try makeState()
        let history = try History(gateway: "backup-edge", stateDirectory: state, now: 1)
        for round in 0..<10 {
            history.record(HistoryEvent(time: 1, kind: "gatewayStarted", subject: "round \(round)"))
            _ = try backup().export(to: archive, configurationFile: nil, version: nil, now: 5)
            let copy = "\(place.path)/copy-\(round).db"
            let file = try #require(try TapeArchive.read(bytes(archive)).first { $0.name == "history.db" })
            try FileStore.replace(copy, with: file.bytes)
            #expect(try HistoryReader(path: copy).events().last?.subject == "round \(round)")
        }
    }

    @Test("PKG-4 an import is refused, with what to do next: running, other name, there already")
    func refusals() throws {
        try makeState()
        _ = try backup().export(to: archive, configurationFile: nil, version: nil, now: 5)
        #expect(
            refusal(backup("other")).contains(
                "is the state of gateway backup-edge, not of other\nnext: write 'gateway: backup-edge'"))
        let there = refusal(backup())
        #expect(there.contains("has the state of a gateway backup-edge already\nnext: sluice state import --replace"))

        let directory = RunDirectory(gateway: "backup-edge", root: "\(place.path)/run")
        try directory.create()
        do {
            let lock = try ProcessLock(path: directory.lockPath)
            let running = refusal(backup(), replacing: true)
            #expect(running.contains("gateway backup-edge is running, as process \(getpid())"))
            #expect(running.contains("next: systemctl stop sluice"))
            withExtendedLifetime(lock) {}
        }
        let aside = try backup().restore(from: archive, configurationFile: nil, replacing: true, now: 77)
        #expect(aside == "\(state)/backup-edge.replaced-77")
        #expect(access("\(state)/backup-edge.replaced-77/history.db", F_OK) == 0)
    }

    @Test(
        "PKG-4 an archive that is damaged, cut short, from a newer version or no archive changes nothing and says which it is"
    )
    func damage() throws {
        try makeState()
        _ = try backup().export(to: archive, configurationFile: nil, version: nil, now: 5)
        let whole = try bytes(archive)
        let target = "\(place.path)/target"
        mkdir(target, 0o755)
        func refused(_ bytes: [UInt8]) throws -> String {
            try FileStore.replace(archive, with: bytes)
            let text = self.refusal(backup(in: target))
            #expect(try FileManager.default.contentsOfDirectory(atPath: target).isEmpty, "\(text)")
            return text
        }
        #expect(try refused(Array("hello".utf8)).contains("is not an archive of a gateway's state"))
        #expect(try refused(Array(whole[..<(whole.count / 2)])).contains("ends in the middle"))
        var flipped = whole
        flipped[whole.count / 2] ^= 1
        #expect(try refused(flipped).contains("is damaged"))
        var files = try TapeArchive.read(whole)
        let manifest = String(decoding: files[0].bytes, as: UTF8.self)
        files[0].bytes = Array(manifest.replacing("\"format\" : 1", with: "\"format\" : 2").utf8)
        #expect(
            try refused(TapeArchive.write(files, time: 0)).contains(
                "was made by a newer version of sluice (format 2, this one knows 1)\nnext: install that version"))
        files[0].bytes = Array(manifest.utf8)
        files.append(.init(name: "extra", bytes: [1]))
        #expect(try refused(TapeArchive.write(files, time: 0)).contains("a member \"extra\""))
        unlink(archive)
        #expect(refusal(backup(in: target)).contains("there is no file"))
    }

    @Test("PKG-4 a history of a later version is refused")
    func newerHistory() async throws {
        try makeState()
        let path = HistoryPath.of(gateway: "backup-edge", in: state)
        let sql =
            "import sqlite3; d = sqlite3.connect('\(path)'); d.execute(\"INSERT INTO grdb_migrations VALUES ('9: later')\"); d.commit()"
        let result = try await ChildProcess(["python3", "-c", sql]).result(within: .seconds(10))
        try #require(result.exit == .code(0), "\(result.allOutput)")
        do {
            _ = try backup().export(to: archive, configurationFile: nil, version: nil, now: 5)
            Issue.record("exported what can't be read")
        } catch {
            #expect(error.description.contains("was written by a newer version of sluice"))
        }
    }
}
