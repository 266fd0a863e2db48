import Foundation
import GRDB

/// A table whose rows are only ever added, each linked to the one before by its hash, with the newest one in a table of its
/// own.
struct LinkedTable: Sendable {
    let name: String
    /// Has one row: the id and the hash of the newest.
    let head: String
    /// What is hashed beside `id` and `at`, in this order; text.
    let columns: [String]

    /// A row, by what the next one is linked to.
    struct Place: Sendable, Hashable {
        var id: Int64
        var hash: Data

        /// Before the first row.
        static let beginning = Place(id: 0, hash: Chain.beginning)
    }

    /// The first row after a place that is not as it was written; nil where all are.
    func firstBroken(in database: Database, after place: Place = .beginning) throws -> Int64? {
        var previous = place.hash
        var last = place.id
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT * FROM \(name) WHERE id > ? ORDER BY id",
            arguments: [last]
        )
        while let row = try rows.next() {
            // A damaged page can hold anything: what is not even a row is broken like one that was changed.
            guard let link = try? Link(row, columns), link.id == last + 1, link.previous == previous,
                link.hash == Chain.hash(previous: previous, columns: link.columns)
            else { return last + 1 }
            previous = link.hash
            last = link.id
        }
        let newest = try newest(in: database)
        return (newest?.id ?? 0) == last && (newest?.hash ?? Chain.beginning) == previous ? nil : last + 1
    }

    /// The newest row; nil where there is none.
    func newest(in database: Database) throws -> Place? { try Self.place(in: head, of: database) }

    /// The place that a table of one row keeps; nil where it has none.
    static func place(in table: String, of database: Database) throws -> Place? {
        try Row.fetchOne(database, sql: "SELECT id, hash FROM \(table)").map {
            Place(id: try $0.decode(atIndex: 0), hash: try $0.decode(atIndex: 1))
        }
    }

    /// Whether the row of a place still has its hash.
    func has(_ place: Place, in database: Database) throws -> Bool {
        let find = "SELECT hash FROM \(name) WHERE id = ?"
        return try Data.fetchOne(database, sql: find, arguments: [place.id]) == place.hash
    }

    /// A row as far as the chain is concerned: what stands there, not what it should mean.
    private struct Link {
        var id: Int64
        var columns: [String]
        var previous: Data
        var hash: Data

        init(_ row: Row, _ names: [String]) throws {
            id = try row.decode(forColumn: "id")
            let at: Int64 = try row.decode(forColumn: "at")
            columns = [String(id), String(at)]
            for name in names { columns.append(try row.decode(forColumn: name)) }
            previous = try row.decode(forColumn: "previous")
            hash = try row.decode(forColumn: "hash")
        }
    }
}
