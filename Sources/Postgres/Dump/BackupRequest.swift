package import UpgradeModel

/// What a backup set is to hold.
package struct BackupRequest: Sendable {
    /// One database to dump.
    package struct Database: Sendable {
        /// Its name in the product, which its dump's file bears.
        package var name: String
        /// How it is reached.
        package var route: DatabaseRoute

        /// Names a database.
        package init(name: String, route: DatabaseRoute) {
            self.name = name
            self.route = route
        }
    }

    /// Files and folders that belong to the configuration.
    package struct Configuration: Sendable, Hashable {
        /// The folder that the paths begin at.
        package var folder: String
        /// Paths below it; what is not there is left out unless it is required.
        package var paths: [String]

        /// Names files.
        package init(folder: String, paths: [String]) {
            self.folder = folder
            self.paths = paths
        }
    }

    /// One file of the installed release.
    package struct ReleaseFile: Sendable, Hashable {
        /// Its path in the set's folder `release`.
        package var path: String
        /// Where it is now.
        package var source: String

        /// Names a file.
        package init(path: String, source: String) {
            self.path = path
            self.source = source
        }
    }

    /// The set's name.
    package var id: BackupSetID
    /// When it is begun.
    package var createdAt: Moment
    /// The installed release.
    package var release: String
    /// Where the set comes from.
    package var origin: BackupOrigin
    /// The databases, in the order in which they are dumped.
    package var databases: [Database]
    /// The configuration; nil where the product has none.
    package var configuration: Configuration?
    /// The installed release's own files.
    package var releaseFiles: [ReleaseFile]

    /// Makes a request.
    package init(
        id: BackupSetID,
        createdAt: Moment,
        release: String,
        origin: BackupOrigin,
        databases: [Database],
        configuration: Configuration? = nil,
        releaseFiles: [ReleaseFile] = []
    ) {
        self.id = id
        self.createdAt = createdAt
        self.release = release
        self.origin = origin
        self.databases = databases
        self.configuration = configuration
        self.releaseFiles = releaseFiles
    }
}

/// How far a backup or a proof has come.
package struct BackupProgress: Sendable, Hashable {
    /// What is being done.
    package enum Phase: String, Sendable, Hashable, Codable {
        case dump
        case fingerprint
        case checkFiles
        case restore
        case compare
    }

    /// What is being done.
    package var phase: Phase
    /// The database it is done to, or the set's own name.
    package var subject: String
    /// How much is done: bytes, or tables for fingerprints.
    package var done: Int64
    /// How much there is; nil where it is not known.
    package var total: Int64?

    /// Makes a value.
    package init(phase: Phase, subject: String, done: Int64, total: Int64? = nil) {
        self.phase = phase
        self.subject = subject
        self.done = done
        self.total = total
    }
}

/// What there is of a set.
package enum BackupState: String, Sendable, Hashable, Codable {
    /// Nothing.
    case absent
    /// Something that was begun and not finished; only to be discarded.
    case partial
    /// Everything is dumped; not proven.
    case dumped
    /// Proven, not yet at its place.
    case proven
    /// At its place.
    case published
}
