/// What a hop needs on disk, and what there is.
package struct DiskFacts: Sendable, Hashable {
    /// What is needed, each on one file system.
    package let needs: [DiskNeed]
    /// The file systems that the needs speak of.
    package let fileSystems: [FileSystem]

    /// Makes an account.
    package init(needs: [DiskNeed], fileSystems: [FileSystem]) {
        self.needs = needs
        self.fileSystems = fileSystems
    }
}

/// One file system.
package struct FileSystem: Sendable, Hashable {
    /// What tells it from others, such as its device number.
    package let id: String
    /// A path on it that people know, such as its mount point.
    package let path: String
    /// How many bytes Pawl may still write to it.
    package let freeBytes: Int64

    /// Makes a file system.
    package init(id: String, path: String, freeBytes: Int64) {
        self.id = id
        self.path = path
        self.freeBytes = freeBytes
    }
}

/// Space that a hop needs in one place.
package struct DiskNeed: Sendable, Hashable {
    /// What space is needed for.
    package enum Purpose: String, Sendable, Hashable, CaseIterable {
        /// The backup set.
        case backup
        /// The scratch cluster in which the set is proven.
        case scratchCopy = "scratch copy"
        /// Images that are not in the Engine yet.
        case images
        /// The release's package and its files.
        case package
        /// What the migrations add to the databases.
        case migration
    }

    /// What it is needed for.
    package let purpose: Purpose
    /// The file system on which it is needed.
    package let fileSystem: String
    /// How many bytes.
    package let bytes: Int64

    /// What the migrations of a database need, by what a rehearsal of them has measured: what they add, and the server's
    /// log of it. Nil where they add nothing.
    package static func migration(of rehearsed: Rehearsal.Database, on fileSystem: String) -> DiskNeed? {
        let (growth, _) = rehearsed.bytesAfter.subtractingReportingOverflow(rehearsed.bytesBefore)
        guard growth > 0 else { return nil }
        let (both, overflow) = growth.multipliedReportingOverflow(by: 2)
        return DiskNeed(purpose: .migration, fileSystem: fileSystem, bytes: overflow ? .max : both)
    }

    /// Makes a need.
    package init(purpose: Purpose, fileSystem: String, bytes: Int64) {
        self.purpose = purpose
        self.fileSystem = fileSystem
        self.bytes = bytes
    }
}

/// How much space a hop will need, estimated so that a run never ends for want of it.
package struct DiskEstimate: Sendable, Hashable {
    /// The file systems on which the parts of a hop lie, by id.
    package struct Places: Sendable, Hashable {
        /// Where backup sets go.
        package let backups: String
        /// Where the scratch cluster is made.
        package let scratch: String
        /// Where the Engine keeps images.
        package let engine: String
        /// Where packages are unpacked.
        package let packages: String

        /// Names the places.
        package init(backups: String, scratch: String, engine: String, packages: String) {
            self.backups = backups
            self.scratch = scratch
            self.engine = engine
            self.packages = packages
        }
    }

    /// The sizes of the necessary databases as their servers report them, in bytes.
    package let databases: [Int64]
    /// The size of the files of the configuration and of the installed release, in bytes.
    package let configuration: Int64
    /// The size of the images that the Engine must still load, unpacked, in bytes.
    package let images: Int64
    /// The size of the release's package and its unpacked files together, in bytes.
    package let package: Int64

    /// Makes an estimate of sizes in bytes.
    package init(databases: [Int64], configuration: Int64, images: Int64, package: Int64) {
        self.databases = databases
        self.configuration = configuration
        self.images = images
        self.package = package
    }

    /// What an empty scratch cluster takes with its write-ahead log, in bytes: 256 MiB.
    package static let scratchBase: Int64 = 256 << 20

    /// What is needed where.
    ///
    /// - A dump holds no indexes and is compressed, yet values that PostgreSQL stores compressed are larger in it:
    ///   each is taken to be as large as its database.
    /// - A scratch copy is packed tighter than a database in use: it is taken to be as large, with a tenth more for
    ///   sorting while indexes are built, and all databases are taken to stand in it together.
    /// - Images are written once; the archive that brings them is part of the package.
    package func needs(at places: Places) -> [DiskNeed] {
        let data = databases.reduce(0, Self.sum)
        let all = [
            DiskNeed(purpose: .backup, fileSystem: places.backups, bytes: Self.sum(data, configuration)),
            DiskNeed(
                purpose: .scratchCopy,
                fileSystem: places.scratch,
                bytes: Self.sum(Self.sum(data, data / 10), Self.scratchBase)
            ),
            DiskNeed(purpose: .images, fileSystem: places.engine, bytes: images),
            DiskNeed(purpose: .package, fileSystem: places.packages, bytes: package),
        ]
        return all.filter { $0.bytes > 0 }
    }

    /// Sizes come from outside: a sum that does not fit is as large as can be.
    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (result, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : result
    }
}
