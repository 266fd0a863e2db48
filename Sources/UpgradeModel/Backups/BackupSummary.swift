/// What a backup set's manifest says without the fingerprints, which are nearly all of it: enough to list sets and to
/// choose among them, not to restore or prove one.
package struct BackupSummary: Sendable, Hashable, Decodable {
    /// One database of a set.
    package struct Database: Sendable, Hashable, Decodable {
        /// Its name in the product.
        package var name: String
        /// The server's version as it says it, such as `15.20`.
        package var serverVersion: String
        /// The file of the dump.
        package var dump: StoredFile
        /// The path of the file with the roles of its server.
        package var globals: String
        /// How long the dump took, in seconds.
        package var dumpSeconds: Double

        /// Whether the dump is encrypted.
        package var isEncrypted: Bool { dump.path.hasSuffix(".age") }
    }

    /// The format of the set.
    package var format: Int
    /// The set's name, which must be its folder's.
    package var id: BackupSetID
    /// When it was begun.
    package var createdAt: Moment
    /// The installed release that the data belongs to.
    package var release: String
    /// What was backed up and how, by whom.
    package var origin: BackupOrigin
    /// Every database, in the order in which they are restored.
    package var databases: [Database]
    /// Every file of the set but the manifest and its checksum.
    package var files: [StoredFile]
    /// What is known about whether it restores.
    package var proof: ProofRecord
}

extension BackupSummary {
    /// Whether all of its databases are as they were at one moment. Each was dumped in a snapshot of its own: of several
    /// that is so where nothing was written meanwhile. Nil where nobody has noted it, as in older sets.
    package var isOfOneMoment: Bool? { databases.count < 2 ? true : origin.writersStopped }
}

extension BackupManifest {
    /// The same without the fingerprints.
    package var summary: BackupSummary {
        BackupSummary(
            format: format,
            id: id,
            createdAt: createdAt,
            release: release,
            origin: origin,
            databases: databases.map {
                BackupSummary.Database(
                    name: $0.name,
                    serverVersion: $0.serverVersion,
                    dump: $0.dump,
                    globals: $0.globals,
                    dumpSeconds: $0.dumpSeconds
                )
            },
            files: files,
            proof: proof
        )
    }
}

/// A complete backup set at its final place, as a list of sets knows it.
package struct ListedSet: Sendable, Hashable {
    /// What its manifest says, without the fingerprints.
    package var summary: BackupSummary
    /// The absolute path of its folder.
    package var path: String
    /// The SHA-256 of the manifest's file, in hexadecimal.
    package var manifestDigest: String

    /// Makes a value.
    package init(summary: BackupSummary, path: String, manifestDigest: String) {
        self.summary = summary
        self.path = path
        self.manifestDigest = manifestDigest
    }

    /// A set that was read in full, as a list would know it.
    package init(_ set: BackupSet) {
        self.init(summary: set.manifest.summary, path: set.path, manifestDigest: set.manifestDigest)
    }

    /// Whether an identity is needed to open it.
    package var isEncrypted: Bool { summary.databases.contains(where: \.isEncrypted) }

    /// Its name.
    package var id: BackupSetID { summary.id }
}
