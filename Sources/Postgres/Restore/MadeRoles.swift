import Foundation
package import UpgradeModel

/// A role that a restore has made on the server.
struct MadeRole: Sendable, Hashable, Codable {
    var name: String
    /// The server's number of it, which no other role will have.
    var number: Int64

    static func named(_ names: Set<String>, on connection: PostgresConnection) async throws(Trouble) -> [MadeRole] {
        var found: [MadeRole] = []
        for name in names.sorted() {
            let rows = try await connection.rows("SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1", [name])
            if let number = rows.first?.integer(0) { found.append(MadeRole(name: name, number: number)) }
        }
        return found
    }
}

/// The roles that the restore of one database of a set has made, by its note of them in its own folder. What undoes a
/// restore needs no more than that; the set may be gone.
package struct RestoredRoles: Sendable {
    private let route: DatabaseRoute
    private let path: String

    /// Names the restore: the set, the database's name in the product and the way to it, and the folder for the note.
    package init(of set: BackupSetID, _ database: String, over route: DatabaseRoute, work: String) {
        self.route = route
        path = "\(work)/roles.\(set).\(database).json"
    }

    /// Adds to the note what is about to be made.
    func note(_ roles: [MadeRole]) throws(Trouble) { try write(try read() + roles) }

    /// Forgets them: what is restored is in use, and so are they.
    package func keep() throws(Trouble) {
        if DurableFiles.exists(path) { try write([]) }
    }

    /// Whether none of them is on the server any more.
    package func areDiscarded() async throws(Trouble) -> Bool {
        let made = try read()
        guard !made.isEmpty else { return true }
        return try await ServerDatabases(route).with { connection throws(Trouble) in
            try await present(made, connection).isEmpty
        }
    }

    /// Removes them, once the restored databases are gone.
    ///
    /// - Returns: those that stay, since something that was made meanwhile belongs to them.
    package func discard() async throws(Trouble) -> [String] {
        let made = try read()
        guard !made.isEmpty else { return [] }
        let kept = try await ServerDatabases(route).with { connection throws(Trouble) in
            var kept: [String] = []
            let roles = try await present(made, connection).map(\.name)
            guard !roles.isEmpty else { return kept }
            do throws(Trouble) {
                // Together, since one may have been granted to another by a third.
                try await connection.execute("DROP ROLE \(roles.map(SQL.name).joined(separator: ", "))")
            } catch  where error.message.contains(Self.stillNeeded) {
                for role in roles {
                    do throws(Trouble) {
                        try await connection.execute("DROP ROLE \(SQL.name(role))")
                    } catch  where error.message.contains(Self.stillNeeded) {
                        kept.append(role)
                    }
                }
            }
            return kept
        }
        try write([])
        return kept
    }

    /// `dependent_objects_still_exist`.
    private static let stillNeeded = "SQLSTATE 2BP01"

    private func present(_ made: [MadeRole], _ connection: PostgresConnection) async throws(Trouble) -> [MadeRole] {
        let there = Set(try await MadeRole.named(Set(made.map(\.name)), on: connection))
        return made.filter { there.contains($0) }
    }

    private func read() throws(Trouble) -> [MadeRole] {
        guard DurableFiles.exists(path) else { return [] }
        let bytes = try DurableFiles.read(path, limit: 16 << 20)
        do {
            return try JSONDecoder().decode([MadeRole].self, from: bytes)
        } catch {
            throw DurableFiles.failed(path, "it is not the note of roles that was written there")
        }
    }

    private func write(_ roles: [MadeRole]) throws(Trouble) {
        do {
            try DurableFiles.write(try JSONEncoder().encode(roles), to: path)
        } catch {
            throw Trouble(any: error)
        }
    }
}
