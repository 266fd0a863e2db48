import Foundation
import GRDB
package import UpgradeModel

/// What Pawl knows, in one SQLite database: the journal, the lease, operators' decisions, the catalogs seen.
///
/// Several processes use it at once; SQLite's own locks order them. Every commit is on the disk when the call returns
/// (WAL with `synchronous=FULL`).
package struct StateStore: Sendable {
    let database: DatabasePool
    /// Why nothing may be written: the journal is not what Pawl wrote. Nil in good times.
    package let safeMode: Trouble?

    /// Opens the database of a data folder, making or bringing it up to date where need be.
    ///
    /// - Throws: `newer-data-folder` where a newer Pawl has written it, `state-unusable` where it cannot be opened.
    package init(in folder: DataFolder) throws(Trouble) {
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.maximumReaderCount = 2
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            let isNew = !FileManager.default.fileExists(atPath: folder.database)
            let pool = try DatabasePool(path: folder.database, configuration: configuration)
            if isNew { chmod(folder.database, 0o600) }
            if try pool.read(Schema.migrator.hasBeenSuperseded) {
                throw Trouble(
                    .operator,
                    "newer-data-folder",
                    "A newer Pawl has written the data folder \(folder.path).",
                    remedy: "Install that version of Pawl again, or a later one. Nothing was changed."
                )
            }
            if try !pool.read(Schema.migrator.hasCompletedMigrations) { try Schema.migrator.migrate(pool) }
            database = pool
            safeMode = try pool.read { try Self.brokenLink(in: $0) ?? Self.brokenBackupRecord(in: $0) }
        } catch {
            throw Self.trouble(error)
        }
    }

    /// Walks the whole chain; nil where it is whole.
    private static func brokenLink(in database: Database) throws -> Trouble? {
        var previous = Chain.beginning
        var last: Int64 = 0
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT id, at, run, token, payload, mark, previous, hash FROM journal ORDER BY id"
        )
        while let row = try rows.next() {
            let id: Int64 = row[0]
            let hash: Data = row[7]
            let expected = Chain.hash(
                previous: previous,
                id: id,
                at: row[1],
                run: row[2],
                token: row[3],
                payload: row[4],
                mark: row[5]
            )
            guard id == last + 1, row[6] == previous, hash == expected else { return broken(at: id) }
            previous = hash
            last = id
        }
        let head = try Row.fetchOne(database, sql: "SELECT id, hash FROM head")
        guard (head?[0] ?? 0) == last, (head?[1] ?? Chain.beginning) == previous else { return broken(at: last + 1) }
        return nil
    }

    private static func broken(at id: Int64) -> Trouble {
        Trouble(
            .environment,
            "journal-broken",
            "Row \(id) of the journal is not as Pawl wrote it: the data folder was changed or damaged.",
            remedy: "Pawl only reads until this is solved. Keep a copy of the data folder, restore it from its own "
                + "backup, or start with a new one by `pawl init` after making sure of what runs."
        )
    }

    /// Runs a write in one transaction.
    func write<Value>(_ body: (Database) throws -> Value) throws(Trouble) -> Value {
        if let safeMode { throw safeMode }
        do {
            return try database.write(body)
        } catch {
            throw Self.trouble(error)
        }
    }

    /// Runs a read on one snapshot.
    func read<Value>(_ body: (Database) throws -> Value) throws(Trouble) -> Value {
        do {
            return try database.read(body)
        } catch {
            throw Self.trouble(error)
        }
    }

    private static func trouble(_ error: any Error) -> Trouble {
        if let trouble = error as? Trouble { return trouble }
        return Trouble(
            .environment,
            "state-unusable",
            "Pawl's own database cannot be used: \(error)",
            remedy: "See to the disk (space, rights, health) under the data folder, then run the command again."
        )
    }
}

/// JSON as the database keeps it: sorted keys, so that equal values are equal text.
enum StoredJSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
