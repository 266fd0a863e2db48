import Foundation
import Processes
package import UpgradeModel

/// Tries, before anything is filled, what an account may do with a database that somebody else has made for it.
extension DatabaseRestore {
    /// What stands against a restore into the given database. The set's schema and settings are made there in a
    /// transaction that is undone, so that rights, roles and extensions that are missing show before the first row.
    ///
    /// - Returns: one sentence for each thing; none where nothing is known against it.
    /// - Throws: where it could not be looked at, such as code `database-unreachable`.
    package func troublesWithGiven() async throws(Trouble) -> [String] {
        let connection = try await PostgresConnection.open(
            route,
            settings: ["default_transaction_read_only": "off", "statement_timeout": "0"]
        )
        do throws(Trouble) {
            let troubles = try await troubles(on: connection)
            await connection.close()
            return troubles
        } catch {
            await connection.close()
            throw error
        }
    }

    private func troubles(on connection: PostgresConnection) async throws(Trouble) -> [String] {
        let version = await connection.serverVersionNumber
        let major = version / 10_000
        guard major == backup.major else {
            // A newer one takes the dump, but reads differently: the copy would be filled and then not be proven.
            return [
                "The server is PostgreSQL \(major), and the dump is of \(backup.major)"
                    + (major > backup.major
                        ? ": the copy could not be proven there. By hand it can be restored, as the set's RESTORE.md says."
                        : ".")
            ]
        }
        let tools = try await PostgresTools.locate(major: major, folders: toolFolders)
        let listing = try await checkedListing(tools)
        let schema = try await schema(tools)
        let settings = try await settings(listing, tools)
        var found = try await rolesMissing(for: schema, on: connection)
        try await connection.execute("BEGIN")
        found += try await trySettings(settings, on: connection)
        if found.isEmpty, isSmall(try await locks(on: connection)),
            let said = try await refusal(of: schema, on: connection)
        {
            found.append("The schema cannot be made: \(said)")
        }
        try await connection.execute("ROLLBACK")
        return found
    }

    /// Whether the schema can be made in one transaction: it takes locks, of which the server has some thousands, and
    /// others need some too.
    private func isSmall(_ locks: Int) -> Bool {
        fitsOneTransaction(locks: locks)
            && backup.fingerprint.objects.count + 2 * backup.fingerprint.tables.count < 3000
    }

    /// The statements that make the set's schema.
    private func schema(_ tools: PostgresTools) async throws(Trouble) -> String {
        let output = "\(work)/schema-\(UUID().uuidString).sql"
        defer { try? FileManager.default.removeItem(atPath: output) }
        try DurableFiles.write(Data(), to: output)
        let open = FilterCommands.open(dump, identity: identity)
        try await Pipes.run(
            open + [ServerRestoreCommands(tools: tools, environment: [:]).schema],
            log: log("schema"),
            input: .path(dump),
            output: .path(output),
            code: "restore-failed",
            // The definitions are at the beginning: whoever feeds them is not read to the end.
            tolerated: Set(0..<open.count)
        )
        let script = String(decoding: try DurableFiles.read(output, limit: 256 << 20), as: UTF8.self)
        // For psql alone, and only there: newer versions of pg_restore put them around what they print.
        return script.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("\\restrict ") && !$0.hasPrefix("\\unrestrict ") }.joined(separator: "\n")
    }

    // MARK: Roles

    /// The roles that statements name: those that get things, and those that get rights.
    static func roles(in schema: String) -> (owners: Set<String>, grantees: Set<String>) {
        var (owners, grantees): (Set<String>, Set<String>) = ([], [])
        for statement in SQLStatement.all(in: schema) {
            let words = statement.words
            if words.count > 3, words[words.count - 3].isWord("OWNER"), words[words.count - 2].isWord("TO"),
                let owner = words.last?.identifier
            {
                owners.insert(owner)
            }
            let isGrant = words.first?.isWord("GRANT") == true || words.first?.isWord("ALTER") == true
            guard isGrant, words.contains(where: { $0.isWord("GRANT") }), words.contains(where: { $0.isWord("ON") }),
                let place = words.lastIndex(where: { $0.isWord("TO") }), place + 1 < words.count,
                let grantee = words[place + 1].identifier, !words[place + 1].isWord("PUBLIC")
            else { continue }
            grantees.insert(grantee)
        }
        return (owners, grantees)
    }

    /// Roles that the server lacks, and owners that the account may not act for.
    private func rolesMissing(
        for schema: String,
        on connection: PostgresConnection
    ) async throws(Trouble) -> [String] {
        let (owners, grantees) = Self.roles(in: schema)
        // Tables change hands before their rows come: the account must be able to become the owner, and have its rights.
        let rows = try await connection.rows(
            """
            SELECT r.rolname, pg_catalog.pg_has_role(r.oid, \(InspectionSQL.becoming)) AND pg_catalog.pg_has_role(r.oid, 'USAGE')
            FROM pg_catalog.pg_roles r
            """,
            limit: 1_000_000
        )
        var rights: [String: Bool] = [:]
        for row in rows { if let name = row.text(0) { rights[name] = row.bool(1) } }
        let absent = owners.union(grantees).filter { rights[$0] == nil }.sorted()
        let strange = owners.filter { rights[$0] == false }.sorted()
        var found: [String] = []
        if !absent.isEmpty {
            found.append(
                "Roles are missing on the server that own things in the set, or may use them: "
                    + "\(absent.joined(separator: ", "))."
            )
        }
        if !strange.isEmpty {
            found.append(
                "The account \(route.user) may not act for \(strange.joined(separator: ", ")), whose objects are in the set."
            )
        }
        return found
    }

    // MARK: Trying

    /// Tries what the database has of its own, unless somebody has done it already.
    private func trySettings(
        _ settings: [SQLStatement],
        on connection: PostgresConnection
    ) async throws(Trouble) -> [String] {
        guard try await !settingDifferences(on: connection).isEmpty else { return [] }
        var found: [String] = []
        for statement in settings {
            guard let said = try await refusal(of: statement.text, on: connection) else { continue }
            found.append("The account \(route.user) cannot do `\(Self.withoutValue(statement))`: \(said)")
        }
        guard found.isEmpty else { return found }
        return try await settingDifferences(on: connection)
            .map { "The given database was not made like the set's: \($0)." }
    }

    /// A statement up to the value that it sets: applications put secrets there.
    private static func withoutValue(_ statement: SQLStatement) -> String {
        let words = statement.words
        let end = words.firstIndex { $0.isWord("TO") || $0.isWord("IS") || $0.text == "=" } ?? words.count
        return words[..<end].map(\.text).joined(separator: " ") + (end < words.count ? " …" : "")
    }

    /// Why a script is refused; nil where it is not. What it did stays, for the statements after it.
    func refusal(of script: String, on connection: PostgresConnection) async throws(Trouble) -> String? {
        try await connection.execute("SAVEPOINT trial")
        do throws(Trouble) {
            try await connection.execute(script: script)
        } catch  where Self.says.contains(error.code) {
            try await connection.execute("ROLLBACK TO SAVEPOINT trial")
            return error.message
        }
        try await connection.execute("RELEASE SAVEPOINT trial")
        return nil
    }

    /// The codes of what a server says about a statement, not about itself.
    private static let says = ["database-rights", "database-error", "database-failed"]
}
