/// The names that a database goes through in a restore. They hold the run's name, and the number of a further restore in
/// it, so that no two restores meet.
package struct RestoreNames: Sendable, Hashable {
    /// The name that the installation uses.
    package let database: String
    /// While the copy is being made.
    package let making: String
    /// Once the copy is complete.
    package let finished: String
    /// What the replaced database is called afterwards.
    package let aside: String

    /// The longest name, in bytes, that PostgreSQL keeps whole.
    package static let longest = 63

    /// Derives the names of `database` in `run`; `number` is the plan's.
    package init(_ database: String, run: RunID, number: Int? = nil) {
        self.database = database
        let token = String(run.description.map { $0 == "-" ? "_" : $0 }) + (number.map { "_\($0)" } ?? "")
        making = Self.name(database, "_restoring_" + token)
        finished = Self.name(database, "_restored_" + token)
        aside = Self.name(database, "_before_" + token)
    }

    /// The database's name, shortened where both together would be too long, with a number so that databases whose
    /// names begin alike do not meet.
    private static func name(_ database: String, _ suffix: String) -> String {
        guard database.utf8.count + suffix.utf8.count > longest else { return database + suffix }
        var hash: UInt32 = 2_166_136_261
        for byte in database.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        let ending =
            "_" + String(hash, radix: 16)
            + suffix.utf8.suffix(longest - 10).reduce(into: "") {
                $0.unicodeScalars.append(Unicode.Scalar($1))
            }
        var beginning = ""
        for character in database {
            guard beginning.utf8.count + String(character).utf8.count + ending.utf8.count <= longest else { break }
            beginning.append(character)
        }
        return beginning + ending
    }
}
