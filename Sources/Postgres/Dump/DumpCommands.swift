import Processes

/// The commands that dump, as values. Which server and account is in their environment.
struct DumpCommands: Sendable, Hashable {
    var tools: PostgresTools
    var environment: [String: String]

    /// A database in PostgreSQL's own archive format, uncompressed, since what follows compresses better.
    func dump(snapshot: String, schemaOnly: Bool = false) -> Command {
        Command(
            tools.path("pg_dump"),
            ["--format=custom", "--compress=0", "--snapshot=\(snapshot)", "--lock-wait-timeout=60000", "--no-password"]
                + (schemaOnly ? ["--schema-only"] : []),
            environment: environment.merging(Self.fixed) { $1 }
        )
    }

    /// The roles of the server.
    ///
    /// `passwords` is whether to include the stored forms of passwords; needs a superuser.
    func globals(database: String, passwords: Bool) -> Command {
        Command(
            tools.path("pg_dumpall"),
            ["--roles-only", "--database=\(ConnectionText.database(database))", "--no-password"]
                + (passwords ? [] : ["--no-role-passwords"]),
            environment: environment.merging(Self.fixed) { $1 }
        )
    }

    /// Times in the archive's header are in the zone of whoever writes it.
    static let fixed = ["TZ": "UTC"]
}

/// The commands that compress and encrypt, as values; each reads its standard input and writes its standard output.
enum FilterCommands {
    static let compress = Command("zstd", ["-1", "-q", "-c"])
    static let decompress = Command("zstd", ["-d", "-q", "-c"])

    static func encrypt(to recipients: [String]) -> Command {
        Command("age", recipients.flatMap { ["-r", $0] })
    }

    static func decrypt(with identity: String) -> Command {
        Command("age", ["-d", "-i", identity])
    }

    /// What turns a stored file back into what was stored.
    static func open(_ path: String, identity: String?) -> [Command] {
        let isSealed = path.hasSuffix(SetLayout.sealedSuffix)
        let plain = isSealed ? String(path.dropLast(SetLayout.sealedSuffix.count)) : path
        return (isSealed ? [decrypt(with: identity ?? "")] : []) + (plain.hasSuffix(".zst") ? [decompress] : [])
    }
}

/// Text that libpq reads as parameters of a connection.
enum ConnectionText {
    /// A database's name, whatever characters are in it.
    static func database(_ name: String) -> String {
        "dbname='" + name.replacing(ascii: ["\\": "\\\\", "'": "\\'"]) + "'"
    }
}
