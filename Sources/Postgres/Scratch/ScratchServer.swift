import Processes
import UpgradeModel

/// The commands that make and run a scratch server, as values.
struct ScratchServer: Sendable, Hashable {
    var tools: PostgresTools
    var user: ProcessUser?
    /// The folder of the data.
    var data: String
    /// The folder of the socket.
    var socket: String
    var bootstrapRole: String
    var settings: [String: String]
    /// What the machine has for it.
    var tuning = ScratchTuning.ofThisMachine

    /// What makes the empty server. Nobody but its own user can come near its socket, so nobody is asked for a
    /// password.
    var initialize: Command {
        Command(
            tools.path("initdb"),
            [
                "--pgdata=\(data)", "--username=\(bootstrapRole)", "--auth=trust", "--encoding=UTF8", "--locale=C",
                "--no-sync", "--no-instructions",
            ],
            user: user
        )
    }

    var serve: Command {
        let arguments = wholeSettings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        return Command(tools.path("postgres"), ["-D", data, "-k", socket] + arguments, user: user)
    }

    /// A server whose data is worth nothing after the comparison: nothing is forced to disk, nothing is logged for
    /// replicas, and nothing runs beside the restore.
    var wholeSettings: [String: String] {
        let own = [
            "listen_addresses": "", "unix_socket_permissions": "0700", "port": "5432", "ssl": "off",
            "logging_collector": "off", "log_destination": "stderr", "lc_messages": "C", "max_connections": "24",
            "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off",
            "wal_level": "minimal", "max_wal_senders": "0", "checkpoint_timeout": "1d",
            // No larger than the room that was counted for it.
            "max_wal_size": "\(DiskEstimate.scratchLog >> 20)MB", "jit": "off", "huge_pages": "off",
            "max_logical_replication_workers": "0", "max_locks_per_transaction": "8192", "restart_after_crash": "off",
        ]
        return own.merging(tuning.settings) { _, tuned in tuned }.merging(settings) { _, given in given }
    }
}
