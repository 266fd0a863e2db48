import Foundation
import Glibc
import Testing
import UpgradeEngine
import UpgradeModel

extension Scenarios {
    /// What an upgrade of one hop leaves behind that nobody disturbs.
    static let undisturbedHop = Task {
        try await Demo.with(Demo.required) { demo in try await UndisturbedUpgrade(of: demo) }
    }

    @Test(arguments: KillPoint.chosen(by: "PAWL_KILL_POINTS"))
    func `a fresh upgrade that is killed at one point ends like an undisturbed one`(point: KillPoint) async throws {
        let undisturbed = try await Self.undisturbedHop.value
        try await KillAttempt.upToThree(at: point) { share in
            try await Demo.with(Demo.required) { demo in
                let attempt = KillAttempt(point: point, undisturbed: undisturbed, share: share) {
                    try await Demo.shell("scripts/kill-matrix --strike-engine", deadline: .seconds(180))
                }
                return try await attempt.made(on: demo, to: Demo.newest)
            }
        }
    }
}

/// The results, one line a point, in the file that `PAWL_KILL_RESULTS` names.
enum KillRecord {
    static func add(_ point: KillPoint, _ met: String, _ result: String, _ duration: Duration) {
        add("\(point.cells) \(met) | \(result) | \(duration.components.seconds) s |")
    }

    static func add(_ text: String) {
        guard let path = ProcessInfo.processInfo.environment["PAWL_KILL_RESULTS"] else { return }
        let line = text + "\n"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        let bytes = Array(line.utf8)
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
    }
}
