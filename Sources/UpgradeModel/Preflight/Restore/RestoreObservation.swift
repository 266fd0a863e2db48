/// Everything that the checks of a restore look at.
package struct RestoreObservation: Sendable {
    /// One database that a restore is about.
    package struct Database: Sendable {
        /// What is known of its server.
        package enum Server: Sendable, Hashable {
            /// It answers.
            case open(Replaced)
            /// It is a service of the installation that does not run; the restore starts it.
            case toBeStarted(service: String, with: Remains)
        }

        /// What there is of a server that does not run, and that therefore cannot be asked.
        package enum Remains: Sendable, Hashable {
            /// Nothing; it will be a new one.
            case nothing
            /// Its container, by name, with whatever it holds.
            case container(String)
            /// What it keeps its data in, in a few words, with whatever that holds.
            case storage(String)
        }

        /// What the set's own configuration says of it: the application runs with that afterwards.
        package enum Afterwards: Sendable, Hashable {
            /// It is the same database, and nothing is known against its account.
            case same
            /// It is another database; both in a few words.
            case elsewhere(here: String, there: String)
            /// The server refuses its account; what it said.
            case refused(String)
            /// That cannot be told; one clause that says why.
            case unknown(String)
        }

        /// Its name in the product.
        package var name: String
        /// The major version that the set's dump is of; nil where the set does not have the database.
        package var major: Int?
        /// The size of the dump in bytes; 0 where the set does not have it.
        package var dumpBytes: Int64
        /// The size of the set's database when it was dumped, in bytes; nil where the set does not say it.
        package var sourceBytes: Int64?
        /// The file system that its server's data lies on; nil where the server is no service of the installation.
        package var disk: Fact<FileSystem>?
        /// The role that restores; nil where nobody says it.
        package var account: String?
        /// The role that the set's server was made with, and that a new one has before any other; nil where the set does not
        /// have the database.
        package var firstAccount: String?
        /// Roles that log in and that the restore makes without a password, since the set has none.
        package var passwordless: [String]
        /// Its server, seen now.
        package var server: Fact<Server>
        /// What the application takes for it afterwards; nil where the set does not have it.
        package var afterwards: Afterwards?

        /// Makes a value.
        package init(
            name: String,
            major: Int?,
            dumpBytes: Int64,
            sourceBytes: Int64? = nil,
            disk: Fact<FileSystem>?,
            account: String? = nil,
            firstAccount: String? = nil,
            passwordless: [String] = [],
            server: Fact<Server>,
            afterwards: Afterwards?
        ) {
            self.name = name
            self.major = major
            self.dumpBytes = dumpBytes
            self.sourceBytes = sourceBytes
            self.disk = disk
            self.account = account
            self.firstAccount = firstAccount
            self.passwordless = passwordless
            self.server = server
            self.afterwards = afterwards
        }
    }

    /// A database that is there and would be replaced, and its server.
    package struct Replaced: Sendable, Hashable {
        /// The server's major version.
        package var major: Int
        /// Whether the database is there.
        package var exists: Bool
        /// Its size in bytes; 0 where it is not there.
        package var bytes: Int64
        /// How large the server lets its write-ahead log grow between checkpoints, in bytes.
        package var walBytes: Int64
        /// What the account lacks, one clause each.
        package var missingRights: [String]
        /// What would be lost, the most rows first.
        package var losses: [LostRows]
        /// Why that could not be counted; nil where it was.
        package var uncounted: String?
        /// Other sessions in it now, each in a few words.
        package var sessions: [String]
        /// Roles whose sessions in it the account may not end.
        package var beyondReach: [String]
        /// Transactions that are prepared in it, as the reason not to begin; nil where there are none.
        package var prepared: Trouble?
        /// What the set's server has set for all roles, and this one otherwise or not at all, by name: it stays so.
        package var settingsLeft: [String]

        /// Makes a value.
        package init(
            major: Int,
            exists: Bool,
            bytes: Int64,
            walBytes: Int64 = Self.standardWAL,
            missingRights: [String] = [],
            losses: [LostRows] = [],
            uncounted: String? = nil,
            sessions: [String] = [],
            beyondReach: [String] = [],
            prepared: Trouble? = nil,
            settingsLeft: [String] = []
        ) {
            self.major = major
            self.exists = exists
            self.bytes = bytes
            self.walBytes = walBytes
            self.missingRights = missingRights
            self.losses = losses
            self.uncounted = uncounted
            self.sessions = sessions
            self.beyondReach = beyondReach
            self.prepared = prepared
            self.settingsLeft = settingsLeft
        }

        /// What a server lets its write-ahead log grow to where nobody has said otherwise, in bytes: 1 GiB.
        package static let standardWAL: Int64 = 1 << 30
    }

    /// Containers at work that belong to no service of the project, by name.
    package struct AtWork: Sendable, Hashable {
        /// Migrations that Pawl has started.
        package var migrations: [String]
        /// What somebody else has started.
        package var others: [String]

        /// Names them.
        package init(migrations: [String] = [], others: [String] = []) {
            self.migrations = migrations
            self.others = others
        }
    }

    /// Whose the set is.
    package struct Origin: Sendable {
        /// The installation that it was made of.
        package var installation: String
        /// The installation that it is to be restored to.
        package var here: String
        /// What is on record of it.
        package var standing: Fact<SetStanding>

        /// Makes a value.
        package init(installation: String, here: String, standing: Fact<SetStanding>) {
            self.installation = installation
            self.here = here
            self.standing = standing
        }
    }

    /// What is to be restored.
    package var plan: RestorePlan
    /// Whose the set is.
    package var origin: Origin
    /// When the set was made.
    package var createdAt: Moment
    /// What is known about whether it restores.
    package var proof: ProofRecord
    /// Whether the set's databases are of one moment; nil where nobody has noted it.
    package var isOfOneMoment: Bool?
    /// What of its files is not as its manifest says.
    package var damages: Fact<[String]>
    /// Why it cannot be decrypted; nil where it can, or need not be.
    package var lock: Fact<String?>
    /// What is wrong with the release that it carries, images apart.
    package var release: Fact<[String]>
    /// Images of that release that the Engine has not got.
    package var missingImages: Fact<[String]>
    /// What in the installation's folder would not give way to what the set holds.
    package var obstacles: Fact<[Obstacle]>
    /// What else is at work in the project.
    package var atWork: Fact<AtWork>
    /// The names of the databases that the installation has and the set has not.
    package var extra: Fact<[String]>
    /// The databases of the set, and those that the installation has besides.
    package var databases: [Database]
    /// Why the programs for a major version are not there, by version; nil for those that are.
    package var missingTools: [String]
    /// Containers of services that neither the set's release nor the installation's own files have.
    package var unknownServices: Fact<[UnknownService]> = .known([])
    /// Volumes with data that no file names, in containers that the restore makes anew.
    package var unnamedVolumes: Fact<[UnnamedVolume]> = .known([])
    /// What a restore in place looks at instead of most of this; nil for one that brings the set back itself.
    package var inPlace: InPlace?
    /// What is looked at besides where the installation is a Helm release; nil for one on a single VM.
    package var cluster: Cluster?

    /// Puts the facts together.
    package init(
        plan: RestorePlan,
        origin: Origin,
        createdAt: Moment,
        proof: ProofRecord,
        isOfOneMoment: Bool? = nil,
        damages: Fact<[String]>,
        lock: Fact<String?>,
        release: Fact<[String]>,
        missingImages: Fact<[String]>,
        obstacles: Fact<[Obstacle]>,
        atWork: Fact<AtWork>,
        extra: Fact<[String]>,
        databases: [Database],
        missingTools: [String]
    ) {
        self.plan = plan
        self.origin = origin
        self.createdAt = createdAt
        self.proof = proof
        self.isOfOneMoment = isOfOneMoment
        self.damages = damages
        self.lock = lock
        self.release = release
        self.missingImages = missingImages
        self.obstacles = obstacles
        self.atWork = atWork
        self.extra = extra
        self.databases = databases
        self.missingTools = missingTools
    }
}

extension RestoreObservation.Database {
    /// What its copy needs beside it, in bytes; 0 where the set does not have it.
    ///
    /// The copy is as large as its source was. Of a set that does not say how large that was, it is guessed: from the dump,
    /// which is compressed and holds no indexes, and from what is there, which may have lost what is to come back. While
    /// the copy is filled, the write-ahead log grows with it.
    package var neededBytes: Int64 {
        guard major != nil else { return 0 }
        let replaced: RestoreObservation.Replaced? =
            if case .known(.open(let replaced)) = server { replaced } else { nil }
        let copy = sourceBytes ?? max(dumpBytes &* 8, replaced?.bytes ?? 0)
        return copy &+ min(copy, replaced?.walBytes ?? RestoreObservation.Replaced.standardWAL)
    }
}
