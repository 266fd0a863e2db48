/// One trial of a release's own migrations on a scratch copy of the databases: the record that is kept of it.
package struct Rehearsal: Sendable, Codable, Hashable {
    /// One migration service, as it went.
    package struct Migration: Sendable, Codable, Hashable {
        /// The Compose service.
        package var service: String
        /// The database that it migrates, by its name in the product.
        package var database: String
        /// How long it took, in seconds, its container's start included.
        package var seconds: Double
        /// What it ended with; nil where it was stopped because its time was over.
        package var exitCode: Int?
        /// The last lines that it printed.
        package var lastLines: [String]

        /// Makes a record of one migration.
        package init(service: String, database: String, seconds: Double, exitCode: Int?, lastLines: [String]) {
            self.service = service
            self.database = database
            self.seconds = seconds
            self.exitCode = exitCode
            self.lastLines = lastLines
        }
    }

    /// One database, before and after.
    package struct Database: Sendable, Codable, Hashable {
        /// Its name in the product.
        package var name: String
        /// The copy's size before the migrations, in bytes.
        package var bytesBefore: Int64
        /// The copy's size after them, in bytes.
        package var bytesAfter: Int64
        /// The locks on tables that were seen, the strongest and longest first.
        package var locks: [HeldLock]
        /// What became of the schema.
        package var schema: SchemaChange

        /// Makes a record of one database.
        package init(
            name: String,
            bytesBefore: Int64,
            bytesAfter: Int64,
            locks: [HeldLock],
            schema: SchemaChange
        ) {
            self.name = name
            self.bytesBefore = bytesBefore
            self.bytesAfter = bytesAfter
            self.locks = locks
            self.schema = schema
        }
    }

    /// Its name, made like the name of a run.
    package var id: RunID
    /// The release that the databases belonged to.
    package var from: ReleaseVersion
    /// The release whose migrations were tried.
    package var target: ReleaseVersion
    /// The SHA-256 of the target's package; nil where the catalog does not say.
    package var package: ContentDigest?
    /// The run that it is a part of; nil where it was asked for by itself.
    package var run: RunID?
    /// When it was begun.
    package var startedAt: Moment
    /// How long the whole took, copy included, in seconds.
    package var seconds: Double
    /// Why it failed, in the migration's own words; nil where every migration ended well.
    package var failure: Trouble?
    /// The migrations that were started, in order.
    package var migrations: [Migration]
    /// The databases, in the product's order.
    package var databases: [Database]

    /// Makes a record; what is left out is to be filled in.
    package init(
        id: RunID,
        from: ReleaseVersion,
        target: ReleaseVersion,
        package: ContentDigest? = nil,
        run: RunID? = nil,
        startedAt: Moment,
        seconds: Double = 0,
        failure: Trouble? = nil,
        migrations: [Migration] = [],
        databases: [Database] = []
    ) {
        self.id = id
        self.from = from
        self.target = target
        self.package = package
        self.run = run
        self.startedAt = startedAt
        self.seconds = seconds
        self.failure = failure
        self.migrations = migrations
        self.databases = databases
    }

    /// How long the migrations took together, in seconds.
    package var migrationSeconds: Double { migrations.reduce(0) { $0 + $1.seconds } }

    /// Whether it is about this way from release to release. A package that was published anew under the same version
    /// is another one.
    package func isOf(from: ReleaseVersion, to target: ReleaseVersion, package: ContentDigest?) -> Bool {
        self.from == from && self.target == target && self.package == package
    }
}
