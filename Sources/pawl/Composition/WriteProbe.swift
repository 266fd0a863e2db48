import Foundation
import Synchronization
import UpgradeModel

/// Whether a folder can be written, tried now and then however often somebody asks.
final class WriteProbe: Sendable {
    private static let period = Duration.seconds(10)

    private let last = Mutex<(at: ContinuousClock.Instant, trouble: Trouble?)?>(nil)

    /// - Throws: code `data-folder-unusable`.
    func requireWritable(_ folder: String) throws(Trouble) {
        let trouble = last.withLock { last in
            if let last, last.at.duration(to: .now) < Self.period { return last.trouble }
            let trouble = Self.tryToWrite(folder)
            last = (.now, trouble)
            return trouble
        }
        if let trouble { throw trouble }
    }

    private static func tryToWrite(_ folder: String) -> Trouble? {
        let path = folder + "/ready.probe"
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            try Data(repeating: 0, count: 64 << 10).write(to: URL(filePath: path))
            return nil
        } catch {
            return Trouble(
                .environment,
                "data-folder-unusable",
                "Nothing can be written to \(folder).",
                remedy: "See whether its disk is full, and to the folder's owner and rights."
            )
        }
    }
}
