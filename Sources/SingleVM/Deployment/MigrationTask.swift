package import UpgradeModel

/// One migration of one hop: what names its container, so that it is found again and never run twice.
package struct MigrationTask: Sendable, Hashable {
    /// The run.
    package var run: RunID
    /// The hop, counted from 0.
    package var hop: Int
    /// The Compose service.
    package var service: String
    /// The release that it migrates to.
    package var release: ReleaseVersion
    /// 1 at first; one more for each retry by an operator.
    package var attempt: Int

    /// Makes a task.
    package init(run: RunID, hop: Int, service: String, release: ReleaseVersion, attempt: Int) {
        self.run = run
        self.hop = hop
        self.service = service
        self.release = release
        self.attempt = attempt
    }

    /// The labels of a migration's container.
    enum Label {
        static let run = "pawl.run"
        static let hop = "pawl.hop"
        static let migration = "pawl.migration"
        static let release = "pawl.release"
        static let attempt = "pawl.attempt"
    }

    /// The name of its container, and of its log in the run's folder.
    package var containerName: String { "pawl-\(run)-\(hop)-\(service)-\(attempt)" }

    var labels: [String: String] {
        [
            Label.run: "\(run)", Label.hop: "\(hop)", Label.migration: service, Label.release: "\(release)",
            Label.attempt: "\(attempt)",
        ]
    }

    /// Whether a container is an attempt at this same migration.
    func isAttempt(_ container: EngineContainer) -> Bool {
        [Label.run, Label.hop, Label.migration, Label.release].allSatisfy { container.labels[$0] == labels[$0] }
    }
}
