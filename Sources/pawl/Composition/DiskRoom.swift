import Postgres
import StateStore
import UpgradeModel

/// Sees to it that there is room on disk for what no preflight report goes before: backups, proofs and rehearsals.
///
/// The application's database may lie on the same file system, and its server ends where that is full.
struct DiskRoom: Sendable {
    let workplace: Workplace
    private let fileSystem: @Sendable (String) throws -> FileSystem

    init(
        _ workplace: Workplace,
        fileSystem: @escaping @Sendable (String) throws -> FileSystem = { try DiskScout.fileSystem(of: $0) }
    ) {
        self.workplace = workplace
        self.fileSystem = fileSystem
    }

    /// Makes sure that databases can be dumped and proven.
    ///
    /// - Throws: code `disk-space` where there is no room; why a database cannot be asked for its size.
    func require(toBackUp databases: [DatabaseRoute]) async throws {
        let estimate = DiskEstimate(
            databases: try await sizes(of: databases),
            servers: Self.servers(of: databases),
            configuration: workplace.configurationBytes
        )
        try require { file in
            let scratch = try file(workplace.data.scratch)
            let places = DiskEstimate.Places(
                backups: try file(workplace.installation.backups.directory),
                scratch: scratch,
                engine: scratch,
                packages: scratch
            )
            return estimate.needs(at: places)
        }
    }

    /// Makes sure that a set can be proven again. Its databases are restored one at a time.
    ///
    /// - Throws: code `disk-space`.
    func require(toProve manifest: BackupManifest) throws {
        let largest = manifest.databases.map(Self.size).max() ?? 0
        let estimate = DiskEstimate(databases: [largest], configuration: manifest.configuration.bytes)
        try require { file in [estimate.scratchCopy(on: try file(workplace.data.scratch))] }
    }

    /// Makes sure that migrations can be tried on copies of databases.
    ///
    /// - Parameters:
    ///   - databases: the databases.
    ///   - package: the size of the release's package, in bytes.
    ///   - earlier: what an earlier rehearsal of the same way has measured; empty where there was none.
    /// - Throws: code `disk-space`; why a database cannot be asked for its size.
    func require(toRehearseOn databases: [DatabaseRoute], package: Int64, earlier: [Rehearsal.Database]) async throws {
        let estimate = DiskEstimate(
            databases: try await sizes(of: databases),
            servers: Self.servers(of: databases),
            configuration: 0
        )
        try require { file in
            let scratch = try file(workplace.data.scratch)
            var needs = [estimate.rehearsal(on: scratch)]
            needs += earlier.compactMap { DiskNeed.migration(of: $0, on: scratch) }
            if package > 0 {
                let (both, overflow) = package.multipliedReportingOverflow(by: 2)
                needs.append(
                    DiskNeed(
                        purpose: .package,
                        fileSystem: try file(workplace.data.path),
                        bytes: overflow ? .max : both
                    )
                )
            }
            return needs
        }
    }

    /// Asks which needs there are, with a way to find the id of a path's file system, and compares.
    private func require(_ needs: ((String) throws -> String) throws -> [DiskNeed]) throws {
        var found: [FileSystem] = []
        let all = try needs { path in
            let place = try fileSystem(path)
            if !found.contains(where: { $0.id == place.id }) { found.append(place) }
            return place.id
        }
        if let shortage = DiskFacts(needs: all, fileSystems: found).shortage { throw shortage }
    }

    private func sizes(of databases: [DatabaseRoute]) async throws -> [Int64] {
        var sizes: [Int64] = []
        for database in databases { sizes.append(try await DatabaseInspector.bytes(of: database)) }
        return sizes
    }

    private static func servers(of databases: [DatabaseRoute]) -> Int {
        Set(databases.map { "\($0.host):\($0.port)" }).count
    }

    /// How large a database was when it was dumped. Of older sets it is guessed, as a restore does.
    private static func size(of backup: DatabaseBackup) -> Int64 {
        if let bytes = backup.databaseBytes, bytes > 0 { return bytes }
        let (guess, overflow) = max(0, backup.dump.bytes).multipliedReportingOverflow(by: 8)
        return overflow ? .max : guess
    }
}
