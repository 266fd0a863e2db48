/// One of the looks that gather what the checks of a hop judge, in the order in which they are taken.
package enum Look: Int, CaseIterable, Sendable, Comparable {
    /// The Docker Engine and Compose.
    case engine
    /// What stands and runs: services, files, settings.
    case services
    /// The databases, and PostgreSQL's own programs.
    case databases
    /// The release that the hop leads to: its package, its images, rehearsals of it.
    case release
    /// Backup sets, and where they go.
    case backups
    /// What the hop needs on disk, and what there is.
    case disks

    /// What is looked at, as in “Looking at …”.
    package var words: String {
        switch self {
        case .engine: "the Docker Engine"
        case .services: "the services"
        case .databases: "the databases"
        case .release: "the release's package and images"
        case .backups: "the backups"
        case .disks: "the disks"
        }
    }

    package static func < (one: Look, other: Look) -> Bool { one.rawValue < other.rawValue }
}
