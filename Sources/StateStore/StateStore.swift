import Foundation
import GRDB
import Glibc
import Synchronization
package import UpgradeModel

/// What Pawl knows, in one SQLite database: the journal, the lease, operators' decisions, the catalogs seen.
///
/// Several processes use it at once; SQLite's own locks order them. Every commit is on the disk when the call returns
/// (WAL with `synchronous=FULL`).
package struct StateStore: Sendable {
    let database: DatabasePool
    let seal: JournalSeal
    let standing: Standing
    /// Why nothing may be written: the journal is not what Pawl wrote. Nil in good times.
    package var safeMode: Trouble? { standing.trouble }

    /// Whether something was found that is not as it was written, at the opening or later.
    final class Standing: Sendable {
        private let found: Mutex<Trouble?>

        init(_ trouble: Trouble?) { found = Mutex(trouble) }

        var trouble: Trouble? { found.withLock(\.self) }

        func turn(_ trouble: Trouble) { found.withLock { $0 = trouble } }
    }

    /// Opens the database of a data folder, making or bringing it up to date where need be.
    ///
    /// - Throws: `newer-data-folder` where a newer Pawl has written it, `state-unusable` where it cannot be opened.
    package init(in folder: DataFolder) throws(Trouble) {
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            // Two that read at length leave one for everybody else.
            configuration.maximumReaderCount = 3
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            // Two that make the database at once would each find the other's tables in their way.
            let turn = try OpeningLock(on: folder)
            let isNew = !FileManager.default.fileExists(atPath: folder.database)
            seal = JournalSeal(path: folder.path + "/journal.seal")
            // Read first: the journal is always as new as its seal, and may get newer meanwhile.
            let sealed = seal.head
            if isNew, let sealed { throw Self.gone(folder, sealed) }
            try Self.protect(folder.database)
            let pool = try DatabasePool(path: folder.database, configuration: configuration)
            if try pool.read(Schema.migrator.hasBeenSuperseded) {
                throw Trouble(
                    .operator,
                    "newer-data-folder",
                    "A newer Pawl has written the data folder \(folder.path).",
                    remedy: "Install that version of Pawl again, or a later one. Nothing was changed."
                )
            }
            if try !pool.read(Schema.migrator.hasCompletedMigrations) { try Schema.migrator.migrate(pool) }
            turn.end()
            database = pool
            standing = Standing(
                try pool.read {
                    try Self.brokenLink(in: $0) ?? Self.lostRow(in: $0, sealed: sealed)
                        ?? Self.brokenBackupRecord(in: $0) ?? Self.brokenAuditTrail(in: $0)
                }
            )
        } catch {
            throw Self.trouble(error)
        }
    }

    /// Keeps a database to its owner. SQLite gives the files beside it the rights of the database itself, so that it must
    /// have its own before it is opened.
    private static func protect(_ path: String) throws(Trouble) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw Trouble(
                .environment,
                "state-unusable",
                "The database \(path) cannot be opened: \(text(of: errno)).",
                remedy: "See to the data folder and its disk."
            )
        }
        Glibc.close(file)
        // An older Pawl has left them readable.
        for suffix in ["", "-wal", "-shm"] { chmod(path + suffix, 0o600) }
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
            // A damaged page can hold anything where a column is said to be.
            guard let link = try? Link(row), link.id == last + 1, link.previous == previous, link.hash == link.expected
            else { return broken(at: last + 1) }
            previous = link.hash
            last = link.id
        }
        let head = try Row.fetchOne(database, sql: "SELECT id, hash FROM head")
        let newest = try head.map { JournalSeal.Head(id: try $0.decode(atIndex: 0), hash: try $0.decode(atIndex: 1)) }
        guard (newest?.id ?? 0) == last, (newest?.hash ?? Chain.beginning) == previous else {
            return broken(at: last + 1)
        }
        return nil
    }

    /// A row of the journal as far as the chain is concerned.
    private struct Link {
        var id: Int64
        var previous: Data
        var hash: Data
        /// What the hash should be.
        var expected: Data

        init(_ row: Row) throws {
            id = try row.decode(atIndex: 0)
            previous = try row.decode(atIndex: 6)
            hash = try row.decode(atIndex: 7)
            expected = Chain.hash(
                previous: previous,
                id: id,
                at: try row.decode(atIndex: 1),
                run: try row.decode(atIndex: 2),
                token: try row.decode(atIndex: 3),
                payload: try row.decode(atIndex: 4),
                mark: try row.decode(atIndex: 5)
            )
        }
    }

    /// What was written once and is there no more, where the seal knows of it.
    private static func lostRow(in database: Database, sealed: JournalSeal.Head?) throws -> Trouble? {
        guard let sealed else { return nil }
        let hash = try Data.fetchOne(database, sql: "SELECT hash FROM journal WHERE id = ?", arguments: [sealed.id])
        return hash == sealed.hash ? nil : broken(at: sealed.id)
    }

    private static func gone(_ folder: DataFolder, _ sealed: JournalSeal.Head) -> Trouble {
        Trouble(
            .environment,
            "state-unusable",
            "Pawl's own database, \(folder.database), is gone; its journal had \(sealed.id) rows.",
            remedy: "Bring it back from a copy of the data folder. To start anew, make sure of what runs, then move "
                + "\(folder.path) out of the way and run `pawl init`."
        )
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

    static func trouble(_ error: any Error) -> Trouble {
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
