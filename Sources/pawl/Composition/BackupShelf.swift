import Foundation
import Postgres
import ReleasePackage
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// The installation's backup sets, and what it takes to make and prove them.
struct BackupShelf: Sendable {
    let workplace: Workplace
    let store: BackupSetStore

    init(_ workplace: Workplace) {
        self.workplace = workplace
        store = BackupSetStore(root: workplace.installation.backups.directory)
    }

    /// Every set that can be read, newest first.
    func sets() throws(Trouble) -> [BackupSet] { try store.list().compactMap { try? $0.set.get() } }

    /// One set by the name that an operator gives.
    func set(named name: String) throws -> BackupSet {
        guard let id = BackupSetID(name) else {
            throw Trouble(
                .operator,
                "unknown-backup",
                "`\(name)` is not the name of a backup set.",
                remedy: "List them with `pawl backup list`."
            )
        }
        return try store.load(id)
    }

    /// Makes sets and proves them.
    func maker() -> BackupMaker {
        let prover = Prover(scratch: workplace.data.scratch)
        return BackupMaker(
            store: store,
            prover: prover,
            recipients: workplace.installation.backups.encryptTo,
            now: Workplace.now
        )
    }

    /// The sets that a run which has not ended refers to.
    func inUse() throws -> Set<BackupSetID> {
        guard let open = try RunnerProcess.openRun(in: workplace) else { return [] }
        return Set([open.backup, open.machine.backup].compactMap { $0 })
    }

    /// The databases that the settings make necessary, with the way to each.
    func databases(at site: Site) async throws -> [BackupRequest.Database] {
        let environment = try workplace.environment()
        let routes = DatabaseRoutes(site)
        var databases: [BackupRequest.Database] = []
        for database in routes.necessary(in: environment) {
            databases.append(
                BackupRequest.Database(
                    name: database.definition.name,
                    route: try await routes.route(to: database, in: environment)
                )
            )
        }
        return databases
    }

    /// What a set of the installation as it is now holds.
    func request(_ id: BackupSetID, at moment: Moment, of release: ReleaseVersion, site: Site) async throws
        -> BackupRequest
    {
        let deployment = try site.deployment()
        let kept = deployment.folder.release(release)
        let isKept = FileManager.default.fileExists(atPath: kept.composeFile)
        let folder = isKept ? kept.path : deployment.folder.path
        var files: [BackupRequest.ReleaseFile] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
            guard isKept || [InstallationFolder.composeName, InstallationFolder.environmentName].contains(name) else {
                continue
            }
            var isFolder: ObjCBool = false
            let path = folder + "/" + name
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            files.append(BackupRequest.ReleaseFile(path: name, source: path))
        }
        var notes: [String: String] = ["project": workplace.singleVM.project]
        for service in try await deployment.observe().services {
            for container in service.containers {
                notes["image \(container.imageReference)"] = container.imageID
            }
        }
        return BackupRequest(
            id: id,
            createdAt: moment,
            release: release.description,
            origin: BackupOrigin(
                product: workplace.product.name,
                installation: workplace.installation.name,
                deployment: Standpoint.deployment.rawValue,
                pawl: PawlVersion.current,
                notes: notes
            ),
            databases: try await databases(at: site),
            configuration: BackupRequest.Configuration(
                folder: workplace.singleVM.directory,
                paths: workplace.product.configuration
            ),
            releaseFiles: files
        )
    }
}
