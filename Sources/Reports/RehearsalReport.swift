package import UpgradeModel

/// What `pawl rehearse` prints.
package struct RehearsalReport: Encodable, Sendable {
    package struct Failure: Encodable, Sendable {
        package var code: String
        package var message: String
        package var remedy: String
    }

    package struct MigrationRow: Encodable, Sendable {
        package var service: String
        package var database: String
        package var seconds: Double
        @Null package var exitCode: Int?
        package var lastLines: [String]
    }

    package struct LockRow: Encodable, Sendable {
        package var relation: String
        package var mode: String
        package var seconds: Double
    }

    package struct SchemaBody: Encodable, Sendable {
        @Null package var digest: String?
        package var added: [String]
        package var removed: [String]
        package var changed: [String]
    }

    package struct DatabaseRow: Encodable, Sendable {
        package var name: String
        package var bytesBefore: Int64
        package var bytesAfter: Int64
        package var locks: [LockRow]
        package var schema: SchemaBody
    }

    package var id: String
    package var from: String
    package var target: String
    @Null package var run: String?
    package var startedAt: String
    package var seconds: Double
    package var outcome: String
    @Null package var failure: Failure?
    package var migrationSeconds: Double
    package var migrations: [MigrationRow]
    package var databases: [DatabaseRow]

    /// Reports a rehearsal.
    package init(_ rehearsal: Rehearsal) {
        id = rehearsal.id.description
        from = rehearsal.from.description
        target = rehearsal.target.description
        run = rehearsal.run?.description
        startedAt = rehearsal.startedAt.description
        seconds = rehearsal.seconds
        outcome = rehearsal.failure == nil ? "succeeded" : "failed"
        failure = rehearsal.failure.map { Failure(code: $0.code, message: $0.message, remedy: $0.remedy) }
        migrationSeconds = rehearsal.migrationSeconds
        migrations = rehearsal.migrations.map {
            MigrationRow(
                service: $0.service,
                database: $0.database,
                seconds: $0.seconds,
                exitCode: $0.exitCode,
                lastLines: $0.lastLines
            )
        }
        databases = rehearsal.databases.map { database in
            DatabaseRow(
                name: database.name,
                bytesBefore: database.bytesBefore,
                bytesAfter: database.bytesAfter,
                locks: database.locks.map { LockRow(relation: $0.relation, mode: $0.mode, seconds: $0.seconds) },
                schema: SchemaBody(
                    digest: database.schema.digest?.description,
                    added: database.schema.added,
                    removed: database.schema.removed,
                    changed: database.schema.changed
                )
            )
        }
    }

    /// How many locks a terminal shows for each database.
    private static let shownLocks = 10

    /// The rehearsal for a terminal.
    package var text: String {
        var lines = ["Rehearsal \(id): \(from) → \(target)", ""]
        lines.append(
            TextLayout.table(
                ["MIGRATION", "DATABASE", "TOOK", "ENDED"],
                migrations.map { row in
                    let end =
                        row.exitCode.map { $0 == 0 ? "well" : "with status \($0)" } ?? "stopped, its time was over"
                    return [row.service, row.database, TextLayout.duration(row.seconds), end]
                }
            )
        )
        for database in databases { lines += self.lines(of: database) }
        lines.append("")
        if let failure {
            lines.append(TextLayout.wrap(TextLayout.plain(failure.message)))
            lines.append(TextLayout.wrap("Nothing was changed. \(failure.remedy)"))
        } else {
            lines.append("The migrations of \(target) work here. Nothing was changed.")
        }
        return lines.joined(separator: "\n")
    }

    private func lines(of database: DatabaseRow) -> [String] {
        let growth = database.bytesAfter - database.bytesBefore
        var lines = ["", "\(database.name)"]
        lines.append(
            "  size    \(TextLayout.size(database.bytesBefore)) → \(TextLayout.size(database.bytesAfter))"
                + " (\(growth < 0 ? "-" : "+")\(TextLayout.size(abs(growth))))"
        )
        let schema = database.schema
        lines.append(
            "  schema  \(schema.added.count) added, \(schema.changed.count) changed, \(schema.removed.count) removed"
        )
        for (mark, names) in [("+", schema.added), ("~", schema.changed), ("-", schema.removed)] {
            lines += names.prefix(12).map {
                "    " + TextLayout.wrap("\(mark) \(TextLayout.plain($0))", indent: 6, columns: 76)
            }
            if names.count > 12 { lines.append("    \(mark) and \(names.count - 12) more") }
        }
        guard !database.locks.isEmpty else {
            lines.append("  locks   none was seen on a table that was there before")
            return lines
        }
        lines.append("  locks held longest, the strongest first")
        let rows = database.locks.prefix(Self.shownLocks).map { lock in
            ["", lock.mode, TextLayout.duration(lock.seconds), lock.relation]
        }
        return lines + [TextLayout.table(["", "MODE", "HELD", "TABLE"], Array(rows))]
    }
}
