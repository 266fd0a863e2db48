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

    /// The first row that is not as it was written; nil where all are.
    func firstBroken(in database: Database) throws -> Int64? {
        var previous = Chain.beginning
        var last: Int64 = 0
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM \(name) ORDER BY id")
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
    func newest(in database: Database) throws -> (id: Int64, hash: Data)? {
        try Row.fetchOne(database, sql: "SELECT id, hash FROM \(head)").map {
            (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1))
        }
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
