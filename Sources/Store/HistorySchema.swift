internal import GRDB

/// The tables, version by version. A released version is never changed; changes are a new version.
enum HistorySchema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: events and state") { database in
            try database.execute(
                sql: """
                    CREATE TABLE events (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        time INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        cause TEXT,
                        detail TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX events_by_time ON events (time);
                    CREATE INDEX events_by_kind ON events (kind);
                    CREATE INDEX events_by_subject ON events (subject);
                    CREATE TABLE state (
                        key TEXT PRIMARY KEY,
                        json TEXT NOT NULL
                    ) STRICT;
                    """)
        }
        return migrator
    }()

    /// - Throws: ``HistoryError/newer(path:)`` if a later version has written it.
    static func check(_ database: Database, path: String) throws {
        if try migrator.hasBeenSuperseded(database) { throw HistoryError.newer(path: path) }
    }
}
