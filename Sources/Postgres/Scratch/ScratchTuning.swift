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

    /// Whether the source's rows are read while it is dumped. Where both share two processors, the dump and the
    /// restore have enough to do with them, and the rows are read when indexes are built, which one processor does.
    var readsRowsBesideDump: Bool { cores > 3 }

    /// Settings of the server, by name.
    var settings: [String: String] {
        let megabytes = memoryBytes >> 20
        // More than this did not pay: rows are written once and read once. With 1 GB a GIN index took half as long
        // again as with 128 MB.
        let buffers = max(64, min(512, megabytes / 16))
        let building = max(16, min(128, megabytes / 16 / Int64(jobs)))
        let helpers = max(0, min(4, cores - 1))
        return [
            "shared_buffers": "\(buffers)MB", "maintenance_work_mem": "\(building)MB",
            "max_parallel_maintenance_workers": "\(helpers)", "max_parallel_workers_per_gather": "\(min(2, helpers))",
            "max_parallel_workers": "\(helpers * 2)", "max_worker_processes": "\(helpers * 2 + 2)",
        ]
    }
}
