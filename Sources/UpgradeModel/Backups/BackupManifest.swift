/// What `manifest.json` of a backup set says.
package struct BackupManifest: Sendable, Hashable, Codable {
    /// The format that this code writes and reads.
    package static let currentFormat = 1

    /// The format of the set.
    package var format: Int
    /// The set's name, which must be its folder's.
    package var id: BackupSetID
    /// When it was begun.
    package var createdAt: Moment
    /// The installed release that the data belongs to.
    package var release: String
    /// What was backed up and how, by whom: product, installation, deployment, Pawl's own version.
    package var origin: BackupOrigin
    /// Every database, in the order in which they are restored.
    package var databases: [DatabaseBackup]
    /// Every file of the set but the manifest and its checksum.
    package var files: [StoredFile]
    /// What is in the archive of the configuration, by the path in it.
    package var configuration: [StoredFile]
    /// What is known about whether it restores.
    package var proof: ProofRecord

    /// Makes a manifest.
    package init(
        id: BackupSetID,
        createdAt: Moment,
        release: String,
        origin: BackupOrigin,
        databases: [DatabaseBackup],
        files: [StoredFile],
        configuration: [StoredFile] = [],
        proof: ProofRecord = ProofRecord()
    ) {
        format = Self.currentFormat
        self.id = id
        self.createdAt = createdAt
        self.release = release
        self.origin = origin
        self.databases = databases
        self.files = files
        self.configuration = configuration
        self.proof = proof
    }
}

/// Where a backup set comes from.
package struct BackupOrigin: Sendable, Hashable, Codable {
    /// The product's name.
    package var product: String
    /// The installation's name.
    package var installation: String
    /// The kind of deployment.
    package var deployment: String
    /// The version of Pawl that made the set.
    package var pawl: String
    /// What else the caller wants to be kept: chart version, image ids and the like.
    package var notes: [String: String]

    /// Makes an origin.
    package init(
        product: String,
        installation: String,
        deployment: String,
        pawl: String,
        notes: [String: String] = [:]
    ) {
        self.product = product
        self.installation = installation
        self.deployment = deployment
        self.pawl = pawl
        self.notes = notes
    }
}

extension BackupOrigin {
    /// The note that says what writers did while the databases were dumped.
    package static let writersNote = "writers"

    /// The note with the services that belong to the running release, separated by spaces: neither its migrations nor its
    /// database servers.
    package static let servicesNote = "services"

    /// The note with those of its services that are database servers, likewise.
    package static let databaseServicesNote = "database services"

    /// What the note says of writers that were stopped, or that went on.
    package static func words(writersStopped: Bool) -> String { writersStopped ? "stopped" : "at work" }

    /// Whether writers were stopped while the databases were dumped; nil where nobody has noted it.
    package var writersStopped: Bool? {
        [true, false].first { Self.words(writersStopped: $0) == notes[Self.writersNote] }
    }
}

/// One file of a set as it is on disk.
package struct StoredFile: Sendable, Hashable, Codable {
    /// Its path within the set, with `/` between folders.
    package var path: String
    /// Its size.
    package var bytes: Int64
    /// The SHA-256 of its bytes, 64 hexadecimal digits.
    package var sha256: String

    /// Makes a value.
    package init(path: String, bytes: Int64, sha256: String) {
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
    }
}

extension [StoredFile] {
    /// The size of all files together, in bytes.
    package var bytes: Int64 { reduce(0) { $0 &+ $1.bytes } }
}

/// One database of a set.
package struct DatabaseBackup: Sendable, Hashable, Codable {
    /// Its name in the product.
    package var name: String
    /// Its name on its server.
    package var database: String
    /// The server's version as it says it, such as `15.20`.
    package var serverVersion: String
    /// The server's major version.
    package var major: Int
    /// The role that the server was made with, which owns what belongs to the system.
    package var bootstrapRole: String
    /// The file of the dump.
    package var dump: StoredFile
    /// The path of the file with the roles of its server.
    package var globals: String
    /// The snapshot that dump and fingerprint share, as the server calls it.
    package var snapshot: String
    /// When the dump was made, as its own header says it.
    package var dumpedAt: String
    /// The set that it was dumped for; nil in sets that do not say it.
    package var dumpedFor: BackupSetID?
    /// How long the dump took, in seconds.
    package var dumpSeconds: Double
    /// The size of the source on its server, in bytes; nil in sets that do not say it.
    package var databaseBytes: Int64?
    /// What the source was in that snapshot.
    package var fingerprint: DatabaseFingerprint

    /// Makes a value.
    package init(
        name: String,
        database: String,
        serverVersion: String,
        major: Int,
        bootstrapRole: String,
        dump: StoredFile,
        globals: String,
        snapshot: String,
        dumpedAt: String = "",
        dumpedFor: BackupSetID? = nil,
        dumpSeconds: Double,
        databaseBytes: Int64? = nil,
        fingerprint: DatabaseFingerprint
    ) {
        self.name = name
        self.database = database
        self.serverVersion = serverVersion
        self.major = major
        self.bootstrapRole = bootstrapRole
        self.dump = dump
        self.globals = globals
        self.snapshot = snapshot
        self.dumpedAt = dumpedAt
        self.dumpedFor = dumpedFor
        self.dumpSeconds = dumpSeconds
        self.databaseBytes = databaseBytes
        self.fingerprint = fingerprint
    }

    /// Whether the dump is encrypted.
    package var isEncrypted: Bool { dump.path.hasSuffix(".age") }
}

/// What is known about whether a set restores.
package struct ProofRecord: Sendable, Hashable, Codable {
    /// The outcome of the last attempt.
    package enum State: String, Sendable, Hashable, Codable {
        case proven
        case failed
        case none
    }

    /// The outcome.
    package var state: State
    /// When it was found; nil where no proof was attempted.
    package var at: Moment?
    /// How long the proof took, in seconds.
    package var seconds: Double
    /// How many tables were compared.
    package var tables: Int
    /// How many rows were compared.
    package var rows: Int64
    /// Every difference that was found, warnings included.
    package var differences: [FingerprintDifference]

    /// Makes a record; without more, of no attempt.
    package init(
        state: State = .none,
        at: Moment? = nil,
        seconds: Double = 0,
        tables: Int = 0,
        rows: Int64 = 0,
        differences: [FingerprintDifference] = []
    ) {
        self.state = state
        self.at = at
        self.seconds = seconds
        self.tables = tables
        self.rows = rows
        self.differences = differences
    }
}

extension ProofRecord {
    /// Definitions in other words. They were told from the source; once a set is proven its fingerprint has the words of the
    /// copy, and no later proof can tell.
    package var rewritten: [FingerprintDifference] { differences.filter { $0.isRewritten == true } }
}

/// A complete backup set at its final place.
package struct BackupSet: Sendable, Hashable {
    /// What its manifest says.
    package var manifest: BackupManifest
    /// The absolute path of its folder.
    package var path: String
    /// The SHA-256 of the manifest's file, in hexadecimal.
    package var manifestDigest: String

    /// Makes a value.
    package init(manifest: BackupManifest, path: String, manifestDigest: String) {
        self.manifest = manifest
        self.path = path
        self.manifestDigest = manifestDigest
    }

    /// Whether an identity is needed to open it.
    package var isEncrypted: Bool { manifest.databases.contains(where: \.isEncrypted) }

    /// Its name.
    package var id: BackupSetID { manifest.id }
}
