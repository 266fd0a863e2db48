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

/// The roles that the restore of one database of a set has made, and what it is to set for all roles of a new server,
/// by its note of both in its own folder. What undoes or ends a restore needs no more than that; the set may be gone.
package struct RestoredRoles: Sendable {
    private let route: DatabaseRoute
    private let path: String

    /// What is noted.
    private struct Note: Codable {
        var roles: [MadeRole] = []
        /// Statements, which may hold secrets.
        var settings: [String] = []
    }

    /// Names the restore: the set, the database's name in the product and the way to it, and the folder for the note.
    package init(of set: BackupSetID, _ database: String, over route: DatabaseRoute, work: String) {
        self.route = route
        path = "\(work)/roles.\(set).\(database).json"
    }

    /// Whether the database is on the server that a route leads to.
    package func isOnServer(of other: DatabaseRoute) -> Bool { route.host == other.host && route.port == other.port }

    /// Adds to the note what roles are about to be made, and what is to be set for all of them once what is restored is
    /// in use.
    func note(_ roles: [MadeRole], settings: [String]) throws(Trouble) {
        guard !roles.isEmpty || !settings.isEmpty else { return }
        var note = try read()
        note.roles += roles
        if !settings.isEmpty { note.settings = settings }
        try write(note)
    }

    /// Forgets the roles: what is restored is in use, and so are they.
    package func keep() throws(Trouble) {
        var note = try read()
        guard !note.roles.isEmpty else { return }
        note.roles = []
        try write(note)
    }

    /// Whether nothing is to be set any more, and none of the roles is on the server.
    package func areDiscarded() async throws(Trouble) -> Bool {
        let note = try read()
        guard note.settings.isEmpty else { return false }
        guard !note.roles.isEmpty else { return true }
        return try await ServerDatabases(route).with { connection throws(Trouble) in
            try await present(note.roles, connection).isEmpty
        }
    }

    /// Removes the roles, once the restored databases are gone, and forgets what was to be set for all.
    ///
    /// - Returns: those that stay, since something that was made meanwhile belongs to them.
    package func discard() async throws(Trouble) -> [String] {
        let note = try read()
        let made = note.roles
        guard !made.isEmpty else {
            if !note.settings.isEmpty { try write(Note()) }
            return []
        }
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
        try write(Note())
        return kept
    }

    /// `dependent_objects_still_exist`.
    private static let stillNeeded = "SQLSTATE 2BP01"

    private func present(_ made: [MadeRole], _ connection: PostgresConnection) async throws(Trouble) -> [MadeRole] {
        let there = Set(try await MadeRole.named(Set(made.map(\.name)), on: connection))
        return made.filter { there.contains($0) }
    }

    // MARK: What is set for all roles

    /// The statements that set something for all roles of the server and are still to be run. They may hold secrets.
    package func settings() throws(Trouble) -> [String] { try read().settings }

    /// Sets for all roles of the server what is noted, all or nothing, and forgets it. Every session that begins
    /// afterwards has it, so this comes last. Interrupted, it is done again.
    package func applySettings() async throws(Trouble) {
        var note = try read()
        guard !note.settings.isEmpty else { return }
        do throws(Trouble) {
            try await ServerDatabases(route).with { connection throws(Trouble) in
                for statement in ["BEGIN", "SET LOCAL standard_conforming_strings = on"] + note.settings + ["COMMIT"] {
                    try await connection.execute(statement)
                }
            }
        } catch {
            // It comes after the databases have got their names.
            var trouble = error
            trouble.changed = true
            throw trouble
        }
        note.settings = []
        try write(note)
    }

    // MARK: The note

    private func read() throws(Trouble) -> Note {
        guard DurableFiles.exists(path) else { return Note() }
        let bytes = try DurableFiles.read(path, limit: 16 << 20)
        if let note = try? JSONDecoder().decode(Note.self, from: bytes) { return note }
        do {
            // A restore that an older Pawl has begun.
            return Note(roles: try JSONDecoder().decode([MadeRole].self, from: bytes))
        } catch {
            throw DurableFiles.failed(path, "it is not the note of roles that was written there")
        }
    }

    private func write(_ note: Note) throws(Trouble) {
        do {
            try DurableFiles.write(try JSONEncoder().encode(note), to: path)
        } catch {
            throw Trouble(any: error)
        }
    }
}
