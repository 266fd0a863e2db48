import Processes
import UpgradeModel

/// The commands that restore a dump into a scratch server, as values.
struct RestoreCommands: Sendable, Hashable {
    var tools: PostgresTools
    var user: ProcessUser?
    /// The folder of the server's socket.
    var socket: String
    var role: String
    /// The port that the socket is named after.
    var port = ScratchCluster.usualPort

    private var environment: [String: String] {
        [
            "PGHOST": socket, "PGPORT": "\(port)", "PGUSER": role, "PGPASSFILE": "/nonexistent", "TZ": "UTC",
            "PGOPTIONS": DatabaseRoute.options(ScratchCluster.sessionSettings),
        ]
    }

    private func restore(_ arguments: [String]) -> Command {
        Command(
            tools.path("pg_restore"),
            ["--exit-on-error", "--no-tablespaces", "--no-password"] + arguments,
            environment: environment,
            user: user
        )
    }

    /// The empty database under its own name, from standard input. Only what `list` names is made.
    func database(list: String) -> Command {
        restore(["--create", "--use-list=\(list)", "--dbname=\(ConnectionText.database("template1"))"])
    }

    /// Schema and rows, from standard input. In one transaction the rows of new tables need no log.
    func content(of database: String, singleTransaction: Bool) -> Command {
        restore(
            ["--section=pre-data", "--section=data", "--dbname=\(ConnectionText.database(database))"]
                + (singleTransaction ? ["--single-transaction"] : [])
        )
    }

    /// Indexes, constraints, triggers and the like, several at a time, from a file with at least the archive's table
    /// of contents. Only what `list` names is made; nil is all.
    func rest(of database: String, jobs: Int, file: String, list: String? = nil) -> Command {
        restore(
            ["--section=post-data", "--jobs=\(jobs)", "--dbname=\(ConnectionText.database(database))"]
                + (list.map { ["--use-list=\($0)"] } ?? []) + [file]
        )
    }
}
