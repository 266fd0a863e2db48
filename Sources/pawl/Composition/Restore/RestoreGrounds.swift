import Foundation
import Processes
import UpgradeModel

/// Where sets are unpacked below the data folder, and what of it nobody needs any more: secrets are in it.
enum RestoreGrounds {
    private static let prefix = "restore-"

    /// Where a command unpacks a set only to look at it. The name tells by whom, so that what a killed one left can be
    /// removed.
    static func glance(in data: String) -> RestoreGround {
        let owner = ProcessIdentity.current
        return RestoreGround("\(data)/\(prefix)\(owner?.pid ?? 0)-\(owner?.startTime ?? 0)")
    }

    /// The grounds of commands that were killed.
    static func abandonedGlances(in data: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: data)) ?? []
        return names.sorted().filter { $0.hasPrefix(prefix) && isAbandoned($0) }.map { "\(data)/\($0)" }
    }

    private static func isAbandoned(_ name: String) -> Bool {
        let numbers = name.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard let pid = numbers.first.flatMap({ Int32($0) }) else { return false }
        // Older versions noted the process's number alone.
        guard numbers.count > 1 else { return ProcessIdentity(pid: pid) == nil }
        guard numbers.count == 2, let start = UInt64(numbers[1]) else { return false }
        return !ProcessIdentity(pid: pid, startTime: start).isAlive
    }

    /// The grounds of all runs but one that is not over.
    static func ofEndedRuns(in data: String, open: RunID?) -> [String] {
        let runs = data + "/runs"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []
        return names.sorted().compactMap { RunID($0) }.filter { $0 != open }
            .map { RestoreGround.all(inRunFolder: "\(runs)/\($0)") }
            .filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// Removes folders; one that cannot be removed is no reason not to go on, and stays listed as debris.
    static func remove(_ paths: [String]) {
        for path in paths { try? FileManager.default.removeItem(atPath: path) }
    }
}
