import Foundation

/// How a scratch server uses the machine that it has for itself and the application's databases.
struct ScratchTuning: Sendable, Hashable {
    /// How many processors there are.
    var cores: Int
    /// How much memory the machine has, in bytes.
    var memoryBytes: Int64

    /// This machine.
    static var ofThisMachine: ScratchTuning {
        let machine = ProcessInfo.processInfo
        return ScratchTuning(
            cores: machine.activeProcessorCount,
            memoryBytes: Int64(clamping: machine.physicalMemory)
        )
    }

    /// How many indexes are built at a time.
    var jobs: Int { max(1, min(8, cores)) }

    /// How many processes may help one that reads a table's rows, and how many one that builds an index. Few processors
    /// have enough to do without: helpers would take the one on which the longest index is built, for which everything
    /// waits in the end.
    var rowHelpers: Int { cores > 3 ? 2 : 0 }
    var indexHelpers: Int { cores > 3 ? min(4, cores - 1) : 0 }

    /// Settings of the server, by name.
    var settings: [String: String] {
        let megabytes = memoryBytes >> 20
        // More than this did not pay: rows are written once and read once. With 1 GB a GIN index took half as long
        // again as with 128 MB.
        let buffers = max(64, min(512, megabytes / 16))
        let building = max(16, min(128, megabytes / 16 / Int64(jobs)))
        return [
            "shared_buffers": "\(buffers)MB", "maintenance_work_mem": "\(building)MB",
            "max_parallel_maintenance_workers": "\(indexHelpers)", "max_parallel_workers_per_gather": "\(rowHelpers)",
            "max_parallel_workers": "\(indexHelpers * 2)", "max_worker_processes": "\(indexHelpers * 2 + 2)",
        ]
    }
}
