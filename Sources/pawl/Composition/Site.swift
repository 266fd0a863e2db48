import Postgres
import Reports
import UpgradeEngine
import UpgradeModel

/// What commands, consoles and runners ask of an installation, however it runs; connections are held meanwhile, to be
/// closed at the end.
///
/// Another kind of deployment is another type that answers all of this, and a line in ``Sites``.
protocol Site: Sendable {
    var workplace: Workplace { get }

    // MARK: What is there

    /// Looks at what runs.
    func observe() async throws -> SiteState

    /// The installation's variables, by the names that the product uses, and the services that it brings along.
    func variables() async throws -> SiteVariables

    /// Where the server of a database is reached from here.
    ///
    /// - Throws: code `service-missing` where it is one of the installation's own and is not there,
    ///   `service-not-running` where it is there and does not run, `database-unreachable` where no way leads to it.
    func place(of address: DatabaseAddress, for database: String) async throws -> DatabasePlace

    // MARK: What the checks look at

    /// Looks at what runs the containers, and at what works with it.
    func lookAtRuntime(_ observation: inout Observation, from place: Standpoint) async

    /// Looks at what stands and runs; `facts` are what is found out in the same way everywhere.
    func lookAtInstallation(_ observation: inout Observation, _ facts: InstallationFacts) async

    /// Looks at the release that a hop leads to.
    ///
    /// - Returns: how many bytes of images it brings to the file system of ``imagesFolder()``.
    func lookAtTarget(_ observation: inout Observation, _ look: TargetLook) async -> Fact<Int64>

    /// The folder of this machine that images go to; nil where they go to others.
    func imagesFolder() async throws -> String?

    /// The folder of this machine with the data of a service that is a database server; nil where it is not here.
    func dataFolder(of service: String) async throws -> String?

    // MARK: What runs do

    /// What deploys releases.
    func deploymentPort() async throws -> any EffectPort

    /// The commands that deploy a release, in their order.
    func commands(deploying version: ReleaseVersion) async throws -> [PlannedCommand]

    // MARK: Backups and restores

    /// What a backup set holds beside the databases. It stays where it is until the site is closed.
    ///
    /// - Parameters:
    ///   - release: the release that the databases belong to.
    ///   - stopped: services that ran until a run has stopped them.
    /// - Returns: notes and files.
    /// - Throws: code `installed-files` where the release cannot be had whole: a set without it could not be restored.
    func backupContent(of release: ReleaseVersion, stopped: Set<String>) async throws -> BackupContent

    /// The services that ran until this hop of a run has stopped them.
    func writersStopped(by effect: Effect, _ context: EffectContext) throws -> Set<String>

    /// The databases that the installation has besides some.
    func databases(besides names: [String]) async throws -> [String]

    /// A set, and this installation, which it is to be restored to.
    ///
    /// - Parameters:
    ///   - plan: what is to be restored.
    ///   - ground: where the set is unpacked.
    ///   - set: gets the set where it is needed itself.
    /// - Returns: what looks at it and changes it.
    func restoreScene(
        _ plan: RestorePlan,
        on ground: RestoreGround,
        set: @escaping @Sendable () throws -> BackupSet
    ) -> any RestoreScene

    // MARK: Rehearsals

    /// Why no rehearsal can be made here; nil where one can.
    func obstacleToRehearsals() async throws -> Trouble?

    /// Tries a release's migrations on copies; see ``Rehearser/rehearse(_:from:id:run:report:)``.
    func rehearse(
        _ release: Release,
        from: ReleaseVersion,
        id: RunID,
        run: RunID?,
        report: @escaping @Sendable (UpgradeEngine.Progress) -> Void
    ) async throws -> Rehearsal

    /// Removes what rehearsals left whose processes have died. The caller holds the installation.
    func removeAbandonedRehearsals() async throws

    func close() async
}

/// What really runs of an installation, whoever has told it.
struct SiteState: Sendable {
    /// The release that runs; where services differ, the oldest of what they say. Nil where nothing tells it.
    var installedVersion: ReleaseVersion?
    /// The oldest release of which there is something that a run removes before its point of no return, and that somebody
    /// has brought up since: containers, or writers that are asked to have pods. Nil where there is nothing.
    var broughtUpVersion: ReleaseVersion?
    /// The version of the chart that it was installed by; nil where there is none.
    var chartVersion: ReleaseVersion?
    /// The minor version of the cluster; nil where there is none.
    var kubernetes: KubernetesMinor?
    /// Whether the release was read from what runs; otherwise none runs and what is stopped told it.
    var isRunning: Bool
    /// The services that do not run what the others run.
    var drifted: [DriftedService] = []
    /// How what runs differs from what was deployed, where versions do not say it; one clause each.
    var drift: [String] = []
    /// Each service with what runs of it.
    var services: [ServicesReport.Service] = []
}

/// What an installation says of itself.
struct SiteVariables: Sendable {
    /// The values by the names that the product uses.
    var values: [String: String]
    /// The names of the services that it brings along, in every form in which its variables may name them.
    var services: Set<String>
    /// What could not be found out, by variable, as one clause; such a variable has no value.
    var gaps: [String: String] = [:]
}

/// Where a database's server is reached.
struct DatabasePlace: Sendable, Hashable {
    var host: String
    var port: Int
}

/// What a look at a release begins with.
struct TargetLook: Sendable {
    let release: Release
    let place: Standpoint
    let variables: Result<SiteVariables, any Error>
    /// A folder of its own, which is removed afterwards.
    let scratch: String
}

/// A command of a hop.
struct PlannedCommand: Sendable, Hashable {
    var step: Step
    var argv: [String]
}

/// What a backup set holds beside the databases.
struct BackupContent: Sendable {
    /// What restoring needs to know; see `BackupOrigin`.
    var notes: [String: String]
    var configuration: BackupRequest.Configuration
    var releaseFiles: [BackupRequest.ReleaseFile]
}
