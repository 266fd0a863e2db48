import GRDB
package import UpgradeEngine
package import UpgradeModel

/// Parts of a run's rows, for whoever does not need them all: thousands may be progress.
///
/// None of these goes by an index, for the reason that ``entries(of:after:)`` gives.
extension StateStore {
    /// The first and the newest row of a run; nil where there is no such run.
    package func span(of run: RunID) throws(Trouble) -> ClosedRange<Int64>? {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT min(id), max(id) FROM journal NOT INDEXED WHERE run = ?",
                arguments: [run.description]
            )
            guard let row, let first = try row.decode(Int64?.self, atIndex: 0),
                let last = try row.decode(Int64?.self, atIndex: 1)
            else { return nil }
            return first...last
        }
    }

    /// The rows of a run after one and up to another, oldest first.
    package func entries(of run: RunID, after id: Int64, through last: Int64) throws(Trouble) -> [JournalEntry] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, at, run, payload FROM journal NOT INDEXED
                    WHERE id > ? AND id <= ? AND run = ? ORDER BY id
                    """,
                arguments: [id, last, run.description]
            ).map(Self.entry)
        }
    }

    /// The newest rows of a run, at most so many, oldest first.
    package func newestEntries(of run: RunID, most: Int) throws(Trouble) -> [JournalEntry] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT id, at, run, payload FROM journal NOT INDEXED WHERE run = ? ORDER BY id DESC LIMIT ?",
                arguments: [run.description, most]
            ).reversed().map(Self.entry)
        }
    }

    /// A run without the progress that newer progress has followed; without rows where there is no such run.
    package func outline(of run: RunID) throws(Trouble) -> RunOutline {
        try outlines(of: run)[run] ?? RunOutline(entries: [], rows: 0)
    }

    /// The same of every run that there was.
    package func outlines() throws(Trouble) -> [RunID: RunOutline] { try outlines(of: nil) }

    package func milestones(of run: RunID) throws(Trouble) -> [JournalEntry] { try outline(of: run).entries }

    private func outlines(of run: RunID?) throws(Trouble) -> [RunID: RunOutline] {
        try read { database in
            let progress = #"substr(payload, 1, 11) = '{"progress"'"#
            let chosen = "(:run IS NULL OR run = :run)"
            let arguments: StatementArguments = ["run": run?.description]
            let entries = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, at, run, payload FROM journal NOT INDEXED
                    WHERE \(chosen) AND (NOT \(progress) OR id IN (
                        SELECT max(id) FROM journal NOT INDEXED WHERE \(chosen) AND \(progress) GROUP BY run
                    ))
                    ORDER BY id
                    """,
                arguments: arguments
            ).map(Self.entry)
            let counts = try Row.fetchAll(
                database,
                sql: "SELECT run, count(*) FROM journal NOT INDEXED WHERE \(chosen) GROUP BY run",
                arguments: arguments
            )
            let rows = try Dictionary(
                uniqueKeysWithValues: counts.map { row in
                    (try row.decode(String.self, atIndex: 0), try row.decode(Int.self, atIndex: 1))
                }
            )
            return Dictionary(grouping: entries, by: \.run).reduce(into: [:]) { outlines, run in
                outlines[run.key] = RunOutline(entries: run.value, rows: rows[run.key.description] ?? run.value.count)
            }
        }
    }
}

/// The rows of a run that say more than how far something has come, and the newest one that says that.
package struct RunOutline: Sendable, Hashable {
    /// These rows, oldest first.
    package var entries: [JournalEntry]
    /// How many rows the run has.
    package var rows: Int
}
