/// What a hop, a backup, a proof or a rehearsal needs on disk, and what there is.
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

/// Space that is needed in one place.
package struct DiskNeed: Sendable, Hashable {
    /// What space is needed for.
    package enum Purpose: String, Sendable, Hashable, CaseIterable {
        /// The backup set.
        case backup
        /// The scratch cluster in which the set is proven.
        case scratchCopy = "scratch copy"
        /// The dumps and scratch copies on which migrations are tried.
        case rehearsal
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

/// How much space will be needed, estimated from above as far as can be told beforehand.
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
    /// How many servers they are on; each has a scratch server of its own.
    package let servers: Int
    /// The size of the files of the configuration and of the installed release, in bytes.
    package let configuration: Int64
    /// The size of the images that the Engine must still load, unpacked, in bytes.
    package let images: Int64
    /// The size of the release's package and its unpacked files together, in bytes.
    package let package: Int64

    /// Makes an estimate of sizes in bytes.
    package init(databases: [Int64], servers: Int = 1, configuration: Int64, images: Int64 = 0, package: Int64 = 0) {
        self.databases = databases
        self.servers = servers
        self.configuration = configuration
        self.images = images
        self.package = package
    }

    /// What an empty scratch cluster takes, in bytes: 256 MiB.
    package static let scratchBase: Int64 = 256 << 20

    /// How large a scratch server lets its write-ahead log grow before it makes room, in bytes: 1 GiB, as installed servers
    /// do. Where nothing is forced to disk, making room costs next to nothing, and a larger log would only need a larger
    /// disk.
    package static let scratchLog: Int64 = 1 << 30

    private var data: Int64 { databases.reduce(0, Self.sum) }

    /// What is needed where.
    ///
    /// - A dump holds no indexes and is compressed, yet values that PostgreSQL stores compressed are larger in it:
    ///   each is taken to be as large as its database.
    /// - Images are written once; the archive that brings them is part of the package.
    package func needs(at places: Places) -> [DiskNeed] {
        let all = [
            DiskNeed(purpose: .backup, fileSystem: places.backups, bytes: Self.sum(data, configuration)),
            scratchCopy(on: places.scratch),
            DiskNeed(purpose: .images, fileSystem: places.engine, bytes: images),
            DiskNeed(purpose: .package, fileSystem: places.packages, bytes: package),
        ]
        return all.filter { $0.bytes > 0 }
    }

    /// What the scratch copies of a proof need, all together.
    ///
    /// - A copy is packed tighter than a database in use: it is taken to be as large, with a tenth more for sorting while
    ///   indexes are built.
    /// - Large objects are always written to the server's log, and with very many of them all rows are: the log is taken to
    ///   be as large as the databases.
    /// - The configuration is unpacked, and lies there as it is before it is encrypted.
    package func scratchCopy(on fileSystem: String) -> DiskNeed {
        let copies = [data, data / 10, log(of: data), inEach(Self.scratchBase), configuration, configuration]
        return DiskNeed(purpose: .scratchCopy, fileSystem: fileSystem, bytes: copies.reduce(0, Self.sum))
    }

    /// What a rehearsal needs where scratch servers are made: dumps and copies lie there at the same time, and everything,
    /// indexes too, is written to the log, pages whole after each checkpoint. What the migrations add is not in it.
    package func rehearsal(on fileSystem: String) -> DiskNeed {
        let copies = [data, data, data / 10, log(of: Self.sum(data, data)), inEach(Self.scratchBase)]
        return DiskNeed(purpose: .rehearsal, fileSystem: fileSystem, bytes: copies.reduce(0, Self.sum))
    }

    /// What the servers' logs take where so much is written to them. Their limit is one that a server may miss while much is
    /// written: it counts twice.
    private func log(of written: Int64) -> Int64 { min(written, inEach(2 * Self.scratchLog)) }

    /// What so much in each scratch server comes to.
    private func inEach(_ bytes: Int64) -> Int64 {
        let (result, overflow) = bytes.multipliedReportingOverflow(by: Int64(max(1, servers)))
        return overflow ? .max : result
    }

    /// Sizes come from outside: a sum that does not fit is as large as can be.
    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (result, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : result
    }
}
