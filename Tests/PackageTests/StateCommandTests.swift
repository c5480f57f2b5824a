import Foundation
import Lab
import TestSupport
import Testing

/// `sluice state` on the command line. `StateBackupTests` tests the backup itself.
@Suite struct StateCommandTests {
    private let place = TemporaryDirectory()

    private func sluice(_ arguments: String...) async throws -> (code: ChildProcess.Exit?, said: String) {
        let result = try await ChildProcess([try SluiceBinary.path()] + arguments).result(within: .seconds(30))
        return (result.exit, result.allOutput)
    }

    /// A history that was written by SQLite's own program.
    private func makeHistory(_ directory: String) async throws {
        let folder = "\(directory)/command-edge"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script = """
            import sqlite3
            d = sqlite3.connect("\(folder)/history.db")
            d.executescript('''
            CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
            INSERT INTO grdb_migrations VALUES ('1: events and state');
            CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind TEXT NOT NULL,
                subject TEXT NOT NULL, cause TEXT, detail TEXT NOT NULL) STRICT;
            CREATE TABLE state (key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
            INSERT INTO events VALUES (1, 5, 'gatewayStarted', 'gateway', 'by hand', '{}');
            ''')
            """
        _ = try await Repository.output("python3", "-c", script)
    }

    @Test("PKG-4 state export and import by name and directory restore the events")
    func both() async throws {
        let (from, to) = ("\(place.path)/from", "\(place.path)/to")
        try await makeHistory(from)
        try FileManager.default.createDirectory(atPath: to, withIntermediateDirectories: true)
        let archive = "\(place.path)/edge.sluice"
        let exported = try await sluice("state", "export", "--state-directory", from, archive)
        #expect(exported.code == .code(0), "\(exported.said)")
        #expect(exported.said.contains("the state of gateway command-edge is in \(archive); it holds secrets"))
        let imported = try await sluice(
            "state", "import", "--gateway", "command-edge", "--state-directory", to, archive)
        #expect(imported.code == .code(0), "\(imported.said)")
        #expect(imported.said.contains("next: systemctl start sluice"))
        let events = try await sluice("event", "list", "--gateway", "command-edge", "--state-directory", to)
        #expect(events.said.contains("by hand"), "\(events.said)")

        let again = try await sluice(
            "state", "import", "--gateway", "command-edge", "--state-directory", to, archive)
        #expect(again.code == .code(1) && again.said.contains("next: sluice state import --replace"), "\(again.said)")
        let other = try await sluice("state", "import", "--gateway", "other", "--state-directory", to, archive)
        #expect(other.code == .code(1) && other.said.contains("not of other"), "\(other.said)")
        let nothing = try await sluice("state", "export", "--state-directory", "\(place.path)/nowhere", archive)
        #expect(nothing.code == .code(1), "\(nothing.said)")
    }
}
