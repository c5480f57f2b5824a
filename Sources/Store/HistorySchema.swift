internal import GRDB

/// The tables, version by version. A version that was ever released is never changed: a new one follows it.
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

    /// - Throws: ``HistoryError/newer(path:)`` where a later version has been at work.
    static func check(_ database: Database, path: String) throws {
        if try migrator.hasBeenSuperseded(database) { throw HistoryError.newer(path: path) }
    }
}
