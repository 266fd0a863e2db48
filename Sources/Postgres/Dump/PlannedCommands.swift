import Processes
package import UpgradeModel

/// The commands that a backup and its proof would run, word for word, for whoever wants to see them before.
package enum PlannedCommands {
    /// What stands for a value that is only known when the command runs.
    private static let snapshot = "SNAPSHOT"
    private static let socket = "SCRATCH"

    /// The commands that dump a database.
    package static func dump(_ route: DatabaseRoute, tools: PostgresTools) -> [[String]] {
        let commands = DumpCommands(tools: tools, environment: [:])
        let all = [
            commands.globals(database: route.database, passwords: false), commands.dump(snapshot: snapshot),
            FilterCommands.compress,
        ]
        return all.map { [$0.executable] + $0.arguments }
    }

    /// The commands that prove its dump.
    package static func prove(_ route: DatabaseRoute, tools: PostgresTools) -> [[String]] {
        let commands = RestoreCommands(tools: tools, user: nil, socket: socket, role: route.user)
        let all = [FilterCommands.decompress, commands.content(of: route.database, singleTransaction: true)]
        return [[tools.path("initdb")], [tools.path("postgres")]] + all.map { [$0.executable] + $0.arguments }
    }
}
