import Foundation
import Processes
import UpgradeModel

/// The folder of the logs of one proof. Its name tells whose it is, so that what a killed process left can be removed.
enum ProofLogs {
    private static let prefix = "proof-"

    /// Makes a folder below the one of the scratch servers.
    static func make(under parent: String) throws(Trouble) -> String {
        try ScratchCluster.makeParent(parent)
        let owner = ProcessIdentity.current
        let path = "\(parent)/\(prefix)\(owner?.pid ?? 0)-\(owner?.startTime ?? 0)-\(UUID().uuidString)"
        try DurableFiles.makeFolder(path)
        return path
    }

    /// Removes the folders whose makers are dead.
    static func removeAbandoned(under parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            let numbers = name.dropFirst(prefix.count).split(separator: "-", maxSplits: 2)
            guard numbers.count == 3, let pid = Int32(numbers[0]), let start = UInt64(numbers[1]),
                !ProcessIdentity(pid: pid, startTime: start).isAlive
            else { continue }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
        }
    }
}
