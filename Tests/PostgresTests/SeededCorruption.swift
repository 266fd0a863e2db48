import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// One corruption of a set, drawn by a seed.
///
/// Every fourth leaves the checksums as they were: what a disk does. The others make all checksums right for what the
/// set holds then: what a wrong hand, a wrong program or an attacker does.
struct SeededCorruption: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        // Checksums as they were.
        case flippedBit = "a flipped bit"
        case otherBytes = "bytes of another kind"
        case lostWrite = "a lost write"
        case truncation = "a truncated file"
        case appended = "appended bytes"
        case lostFile = "a lost file"
        case swappedFiles = "two swapped files"
        case staleFile = "a file of another set"
        // Checksums that match.
        case flippedByte = "a flipped byte in a row"
        case cutDump = "a dump that was cut"
        case noDump = "a dump that is none"
        case lostRows = "lost rows"
        case addedRow = "an added row"
        case changedValue = "a changed value"
        case swappedValues = "two swapped values"
        case lostTable = "a lost table"
        case swappedTables = "two swapped tables"
        case sequence = "a sequence"
        case grant = "a grant"
        case owner = "an owner"
        case setting = "a setting"
        case definition = "a definition"
        case largeObject = "a large object"
        case role = "a role"
        case swappedDatabases = "swapped databases"
        case wrongKey = "a wrong key"
        case configuration = "a key in the configuration"
        case renamedSet = "an old set under a new name"

        var hasMatchingChecksums: Bool { !Self.withoutChecksums.contains(self) }

        static let withoutChecksums: [Kind] = [
            .flippedBit, .otherBytes, .lostWrite, .truncation, .appended, .lostFile, .swappedFiles, .staleFile,
        ]
        static let withChecksums = allCases.filter(\.hasMatchingChecksums)
    }

    let seed: UInt64
    let kind: Kind

    init(seed: UInt64) {
        self.seed = seed
        let kinds = seed % 4 == 0 ? Kind.withoutChecksums : Kind.withChecksums
        let turn = seed % 4 == 0 ? seed / 4 : seed - seed / 4
        kind = kinds[Int(turn % UInt64(kinds.count))]
    }

    /// Does it to a copy of the set. What one finding must contain is answered.
    func apply(to copy: inout SetCopy) async throws -> String {
        var numbers = SeededNumbers(seed: seed)
        if !kind.hasMatchingChecksums { return try spoil(copy, &numbers) }
        switch kind {
        case .flippedByte, .cutDump, .noDump, .role, .configuration: return try await repack(copy, &numbers)
        case .swappedDatabases:
            try copy.swap("demo.dump.zst", "aiproxy.dump.zst")
            try await copy.reseal()
            return "database demo cannot be restored"
        case .wrongKey: return try await encryptForAnother(copy)
        case .renamedSet: return try await rename(&copy, &numbers)
        default:
            let name = ["demo", "aiproxy"].randomElement(using: &numbers) ?? "demo"
            let (sql, finding) = statements(on: name, &numbers)
            try await copy.fixture.server.psql(name, sql)
            try await copy.dumpAgain(name)
            try await SetFixture.renew(name, on: copy.fixture.server)
            return "\(name): \(finding)"
        }
    }

    // MARK: Checksums as they were

    private func spoil(_ copy: SetCopy, _ numbers: inout SeededNumbers) throws -> String {
        let listed = try copy.files()
        let names = kind == .swappedFiles ? listed : listed + ["manifest.json"]
        guard let name = names.randomElement(using: &numbers) else { throw Unexpected("a set without files") }
        switch kind {
        case .lostFile: try FileManager.default.removeItem(atPath: copy.path(name))
        case .swappedFiles:
            guard let other = listed.filter({ $0 != name }).randomElement(using: &numbers) else { break }
            try copy.swap(name, other)
        case .staleFile:
            // What a sync that stopped half-way leaves: the right name with an older file's bytes.
            try copy.edit(name) { $0 = $0.reversed() + Array("\(seed)".utf8) }
        default: try copy.edit(name) { damage(&$0, &numbers) }
        }
        if name == "manifest.json" { return "backup-damaged" }
        return kind == .lostFile ? "file \(name) is missing" : "file \(name) has another value"
    }

    private func damage(_ bytes: inout [UInt8], _ numbers: inout SeededNumbers) {
        let before = bytes
        let place = Int.random(in: bytes.indices, using: &numbers)
        switch kind {
        case .flippedBit: bytes[place] ^= 1 << Int.random(in: 0..<8, using: &numbers)
        case .otherBytes:
            for index in place..<min(bytes.count, place + Int.random(in: 1...64, using: &numbers)) {
                bytes[index] = UInt8.random(in: 0...255, using: &numbers)
            }
        case .lostWrite:
            for index in place..<min(bytes.count, place + 512) { bytes[index] = 0 }
        case .truncation: bytes.removeLast(bytes.count - place)
        default: bytes += (0..<Int.random(in: 1...100, using: &numbers)).map { UInt8($0) }
        }
        // Noise can be what was there.
        if bytes == before { bytes[place] ^= 1 }
    }

    // MARK: Checksums that match

    private func repack(_ copy: SetCopy, _ numbers: inout SeededNumbers) async throws -> String {
        let name = ["demo", "aiproxy"].randomElement(using: &numbers) ?? "demo"
        let refused = "\(name): database \(name) cannot be restored"
        switch kind {
        case .configuration:
            let place = Int.random(in: 0..<10, using: &numbers)
            try await copy.editPlain("configuration.tar.zst") { bytes in
                let key = bytes.firstRange(of: Array("canary-key".utf8))?.lowerBound ?? 0
                bytes[key + place] ^= 1
            }
            try await copy.reseal()
            return "configuration: file customer.env has another value"
        case .role:
            let changes = [
                ("CREATE ROLE reader;", "CREATE ROLE reedar;", "cannot be restored"),
                ("ALTER ROLE app WITH NOSUPERUSER", "ALTER ROLE app WITH   SUPERUSER", "role app has another"),
                ("'the application'", "'eht application'", "role app has another definition"),
                ("statement_timeout TO '1h'", "statement_timeout TO '9h'", "role app has another definition"),
            ]
            let (before, after, finding) = changes[Int.random(in: changes.indices, using: &numbers)]
            try await copy.editPlain("globals.sql.zst") { $0.replaceFirst(before, with: after) }
            try await copy.reseal()
            return finding
        case .cutDump:
            let share = Double.random(in: 0..<1, using: &numbers)
            try await copy.editPlain("\(name).dump.zst") { $0.removeLast(1 + Int(share * Double($0.count - 1))) }
        case .noDump:
            let length = Int.random(in: 0..<5000, using: &numbers)
            try await copy.editPlain("\(name).dump.zst") { $0 = Array(repeating: 0, count: length) }
        default:
            let row = Int.random(in: 1...50, using: &numbers)
            let (table, text) = [
                ("people", "\tmarker-\(row)\t"), ("notes", "\tnote \(row)\n"), ("other", "\tother \(row)\n"),
            ][Int.random(in: 0..<3, using: &numbers)]
            let (offset, bit) = (
                Int.random(in: 1..<(text.utf8.count - 1), using: &numbers), Int.random(in: 0..<8, using: &numbers)
            )
            try await copy.editPlain("\(name).dump.zst") { bytes in
                // The texts stand in no definition, so the first is the row's.
                guard let place = bytes.firstRange(of: Array(text.utf8))?.lowerBound else { return }
                bytes[place + offset] ^= 1 << bit
            }
            try await copy.reseal()
            // With the highest bit it is no UTF-8 any more, and a flipped digit can make it a control character.
            return bit == 7 ? refused : "\(name): table public.\(table) has other rows"
        }
        try await copy.reseal()
        return refused
    }

    /// The same dump, that only somebody else's identity opens.
    private func encryptForAnother(_ copy: SetCopy) async throws -> String {
        guard let keys = copy.fixture.keys else { throw Unexpected("a set that is not encrypted") }
        let name = "demo.dump.zst.age"
        let again = "\(copy.root)/again"
        try await Pipes.run(
            [FilterCommands.decrypt(with: keys.identity), FilterCommands.encrypt(to: [keys.otherRecipient])],
            log: ToolLog(path: "\(copy.root)/age.log"),
            input: .path(copy.path(name)),
            output: .path(again),
            code: "x"
        )
        try FileManager.default.removeItem(atPath: copy.path(name))
        try FileManager.default.moveItem(atPath: again, toPath: copy.path(name))
        try await copy.reseal()
        return "demo: database demo cannot be restored"
    }

    private func rename(_ copy: inout SetCopy, _ numbers: inout SeededNumbers) async throws -> String {
        let before = copy.folder
        let later = BackupFixture.createdAt.adding(.seconds(Int.random(in: 600...9_000_000, using: &numbers)))
        copy.id = BackupSetID(at: later, release: try ReleaseVersion("1.0.0"))
        try FileManager.default.moveItem(atPath: before, toPath: copy.folder)
        let id = copy.id
        switch Int.random(in: 0..<3, using: &numbers) {
        case 0: return "its manifest is that of the set"
        case 1:
            try await copy.reseal { $0.id = id }
            return "its manifest says that it was begun at"
        default:
            try await copy.reseal {
                $0.id = id
                $0.createdAt = id.time ?? later
            }
            return "dump demo.dump.zst has another value"
        }
    }

    /// Statements after which the database is another one, and what must be said of it.
    private func statements(on database: String, _ numbers: inout SeededNumbers) -> (sql: String, finding: String) {
        let row = Int.random(in: 1...50, using: &numbers)
        let table = ["people", "notes", "other"][Int.random(in: 0..<3, using: &numbers)]
        let column = table == "people" ? "name" : "text"
        switch kind {
        case .lostRows:
            let last = row + Int.random(in: 0...20, using: &numbers)
            return (
                "DELETE FROM \(table) WHERE id BETWEEN \(row) AND \(last)",
                "table public.\(table) has another number of rows"
            )
        case .addedRow:
            return (
                "INSERT INTO \(table) (id, \(column)) VALUES (\(1000 + row), 'more')",
                "table public.\(table) has another number of rows"
            )
        case .changedValue:
            let value =
                ["upper(\(column))", "\(column) || ' '", "''", "reverse(\(column)) || '.'"]
                .randomElement(using: &numbers) ?? "''"
            return (
                "UPDATE \(table) SET \(column) = \(value) WHERE id = \(row)", "table public.\(table) has other rows"
            )
        case .swappedValues:
            let other = row % 50 + 1
            return (
                """
                UPDATE \(table) SET \(column) = CASE id WHEN \(row) THEN (SELECT \(column) FROM \(table) WHERE id = \(other))
                ELSE (SELECT \(column) FROM \(table) WHERE id = \(row)) END WHERE id IN (\(row), \(other))
                """,
                "table public.\(table) has other rows"
            )
        case .lostTable:
            return ("DROP TABLE \(table)", "table public.\(table) is missing")
        case .swappedTables:
            return (
                "ALTER TABLE notes RENAME TO t; ALTER TABLE other RENAME TO notes; ALTER TABLE t RENAME TO other",
                "table public.notes has"
            )
        case .sequence:
            return (
                "SELECT setval('people_id_seq', \(row), \(row % 2 == 0))",
                "sequence public.people_id_seq has another value"
            )
        case .grant:
            return [
                ("REVOKE SELECT ON people FROM reader", "table public.people has other grants"),
                ("GRANT UPDATE ON people TO reader", "table public.people has other grants"),
                ("GRANT SELECT ON \(table) TO PUBLIC", "table public.\(table) has other grants"),
                ("GRANT INSERT (id) ON \(table) TO reader", "grants on column public.\(table).id"),
                ("REVOKE CONNECT ON DATABASE \(database) FROM app", "database \(database) has other grants"),
                ("GRANT EXECUTE ON FUNCTION touch() TO reader", "function public.touch() has other grants"),
            ][Int.random(in: 0..<6, using: &numbers)]
        case .owner:
            return (
                "ALTER TABLE \(table) OWNER TO \(table == "notes" ? "postgres" : "app")",
                "table public.\(table) has another owner"
            )
        case .setting:
            return [
                ("ALTER DATABASE \(database) RESET work_mem", "setting work_mem is missing"),
                ("ALTER DATABASE \(database) SET work_mem = '\(row + 5)MB'", "setting work_mem has another definition"),
                ("ALTER DATABASE \(database) SET lock_timeout = \(row)", "setting lock_timeout is in the copy"),
                ("ALTER ROLE app IN DATABASE \(database) SET work_mem = '9MB'", "setting role app: work_mem"),
            ][Int.random(in: 0..<4, using: &numbers)]
        case .largeObject:
            return [
                ("SELECT lo_put(4711, \(row % 5), 'X')", "large object 4711 has another value"),
                ("SELECT lo_unlink(4711)", "large object 4711 is missing"),
                ("SELECT lo_truncate(lo_open(4711, 131072), \(row % 5))", "large object 4711 has another value"),
                ("ALTER LARGE OBJECT 4711 OWNER TO app", "large object 4711 has another owner"),
            ][Int.random(in: 0..<4, using: &numbers)]
        default:
            return [
                ("DROP INDEX people_name", "index public.people_name is missing"),
                (
                    "DROP INDEX people_name; CREATE INDEX people_name ON people (name DESC)",
                    "index public.people_name has another definition"
                ),
                ("ALTER TABLE people DISABLE TRIGGER touching", "trigger public.people.touching has"),
                ("DROP TRIGGER touching ON people", "trigger public.people.touching is missing"),
                (
                    "ALTER TABLE people DROP CONSTRAINT people_status_check",
                    "constraint public.people.people_status_check is missing"
                ),
                ("ALTER TABLE people ALTER name DROP NOT NULL", "table public.people has another definition"),
                (
                    "ALTER TABLE people ALTER status TYPE varchar(\(10 + row))",
                    "table public.people has another definition"
                ),
                (
                    "ALTER TABLE \(table) ALTER \(column) SET DEFAULT '\(row)'",
                    "table public.\(table) has another definition"
                ),
                ("ALTER TABLE \(table) RENAME \(column) TO named", "table public.\(table) has another definition"),
                ("ALTER TABLE \(table) ADD more integer", "table public.\(table) has another definition"),
                ("COMMENT ON TABLE people IS '\(row)'", "comment table public.people has another"),
                ("ALTER FUNCTION touch() SECURITY DEFINER", "function public.touch() has another definition"),
                (
                    "ALTER TABLE \(table) DROP CONSTRAINT \(table)_pkey",
                    "constraint public.\(table).\(table)_pkey is missing"
                ),
            ][Int.random(in: 0..<13, using: &numbers)]
        }
    }
}

extension SetCopy {
    /// What the manifest lists.
    func files() throws -> [String] {
        let bytes = try DurableFiles.read(path("manifest.json"), limit: 1 << 28)
        return try JSONDecoder().decode(BackupManifest.self, from: bytes).files.map(\.path)
    }

    func swap(_ one: String, _ other: String) throws {
        let aside = "\(root)/x"
        try FileManager.default.moveItem(atPath: path(one), toPath: aside)
        try FileManager.default.moveItem(atPath: path(other), toPath: path(one))
        try FileManager.default.moveItem(atPath: aside, toPath: path(other))
    }
}
