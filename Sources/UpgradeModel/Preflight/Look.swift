/// One of the looks that gather what the checks of a hop judge, in the order in which they are taken.
package enum Look: Int, CaseIterable, Sendable, Comparable {
    /// What everything runs on: the Docker Engine and Compose, or the cluster and Helm.
    case engine
    /// What stands and runs: services or workloads, files, settings.
    case services
    /// The databases, and PostgreSQL's own programs.
    case databases
    /// The release that the hop leads to: its package, its images, rehearsals of it.
    case release
    /// Backup sets, and where they go.
    case backups
    /// What the hop needs on disk, and what there is.
    case disks

    /// What is looked at in an installation of a kind, as in “Looking at …”.
    package func words(at deployment: DeploymentKind) -> String {
        switch (self, deployment) {
        case (.engine, .singleVM): "the Docker Engine"
        case (.engine, _): "the cluster"
        case (.services, .singleVM): "the services"
        case (.services, _): "the workloads"
        case (.databases, _): "the databases"
        case (.release, _): "the release's package and images"
        case (.backups, _): "the backups"
        case (.disks, _): "the disks"
        }
    }

    /// The same on a single VM.
    package var words: String { words(at: .singleVM) }

    package static func < (one: Look, other: Look) -> Bool { one.rawValue < other.rawValue }
}
