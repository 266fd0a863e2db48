import Foundation
import Processes
import StateStore
import Synchronization

/// A folder that a site has for as long as it is open: what is in it holds secrets, and is of no use afterwards.
struct PrivatePlace: Sendable {
    let path: String

    private static let own = Mutex<Set<String>>([])

    private static func root(_ data: DataFolder) -> String { data.path + "/sites" }

    /// Makes a folder that nobody else may read.
    init(in data: DataFolder) throws {
        let name = "\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString.prefix(8))"
        path = Self.root(data) + "/" + name
        Self.own.withLock { _ = $0.insert(name) }
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Removes the folder.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Removes what processes have left that were killed, and ends what they have left at work. In a container the numbers
    /// of processes come back: what has ours and is not ours is of another life.
    static func sweep(_ data: DataFolder) async {
        let root = root(data)
        let current = ProcessInfo.processInfo.processIdentifier
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            guard let number = name.split(separator: "-").first.flatMap({ Int32($0) }) else { continue }
            let isOwn = number == current && own.withLock { $0.contains(name) }
            let isDead = number == current || (kill(number, 0) != 0 && errno == ESRCH)
            guard !isOwn, isDead else { continue }
            let folder = root + "/" + name
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for file in files where file.hasSuffix(".log") {
                try? await ToolLog(path: folder + "/" + file).endHolders(grace: .seconds(2))
            }
            try? FileManager.default.removeItem(atPath: folder)
        }
    }
}
