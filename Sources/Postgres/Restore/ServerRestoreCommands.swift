import Processes

/// The commands that restore a dump into a database of a server in use, as values. Which server and account is in
/// their environment.
struct ServerRestoreCommands: Sendable, Hashable {
    var tools: PostgresTools
    var environment: [String: String]

    private func restore(_ arguments: [String]) -> Command {
        Command(
            tools.path("pg_restore"),
            ["--exit-on-error", "--no-tablespaces", "--no-password"] + arguments,
            environment: environment.merging(DumpCommands.fixed) { $1 }
        )
    }

    /// The statements that make the database itself, printed. Only what `list` names is in them.
    func definition(list: String) -> Command {
        restore(["--create", "--use-list=\(list)", "--file=-"])
    }

    /// The statements that make everything but rows in a database, printed.
    var schema: Command { restore(["--schema-only", "--file=-"]) }

    /// Schema and rows, from standard input.
    func content(of database: String, singleTransaction: Bool) -> Command {
        restore(
            ["--section=pre-data", "--section=data", "--dbname=\(ConnectionText.database(database))"]
                + (singleTransaction ? ["--single-transaction"] : [])
        )
    }

    /// Indexes, constraints, triggers and the like, several at a time, from a file with at least the archive's table
    /// of contents.
    func rest(of database: String, jobs: Int, file: String) -> Command {
        restore(["--section=post-data", "--jobs=\(jobs)", "--dbname=\(ConnectionText.database(database))", file])
    }
}
