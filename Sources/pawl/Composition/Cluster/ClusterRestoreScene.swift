import Foundation
import Kubernetes
import Orchestrated
import Postgres
import Synchronization
import UpgradeModel

/// A set, and the Helm release that it is restored to.
///
/// Nothing is rolled back: the chart and the values that the set carries are deployed anew, over the databases that came
/// back before.
struct ClusterRestoreScene: RestoreScene {
    let site: ClusterSite
    let plan: RestorePlan
    let ground: RestoreGround
    private let load: @Sendable () throws -> BackupSet
    private let memory = Memory()

    /// What takes a while to find out.
    private final class Memory: Sendable {
        let carried = Mutex<SetRelease?>(nil)
    }

    init(site: ClusterSite, plan: RestorePlan, ground: RestoreGround, set: @escaping @Sendable () throws -> BackupSet) {
        self.site = site
        self.plan = plan
        self.ground = ground
        load = set
    }

    var set: BackupSet { get throws { try load() } }

    var workplace: Workplace { site.workplace }

    var routes: DatabaseRoutes { DatabaseRoutes(site) }

    func present() async -> SiteVariables? { try? await site.variables() }

    func past() async throws -> SiteVariables { try await site.variables(with: try await carried()) }

    func extra() async throws -> [String] { try await site.databases(besides: plan.databases) }

    /// The files of the set's release.
    private var chart: ChartFolder { ChartFolder(path: ground.releaseFolder) }

    private var files: ValuesPlacement { ValuesPlacement(of: ground.installation, to: site.settings.values) }

    /// The set's release, which has been unpacked.
    private func carried() async throws -> SetRelease {
        if let known = memory.carried.withLock({ $0 }) { return known }
        let found = try await SetRelease(chart, by: site.lookedAt())
        memory.carried.withLock { $0 = found }
        return found
    }

    /// What is wrong with the set's release.
    private func releaseTroubles(_ set: BackupSet) throws -> [String] {
        guard set.manifest.isOfHelmRelease else { return ["it was made of no Helm release, and holds no chart"] }
        return try SetRelease.troubles(of: chart, as: plan.release, for: site.product)
    }
}

// MARK: Looking

extension ClusterRestoreScene {
    func observeBringingBack() async throws -> RestoreObservation {
        try ground.makeFolders()
        let set = try set
        let opening = ground.opening(of: set, identity: plan.identity)
        let damages: Fact<[String]> = await .of { try await opening.damages() }
        let lock: Fact<String?> = await .of { try await opening.lock() }
        var cluster = facts
        cluster.isInstalled = await .of { try await site.isInstalled() }
        var release: Fact<[String]> = .unknown("it cannot be unpacked")
        var databases: [RestoreObservation.Database] = []
        if damages.value == [], case .known(nil) = lock, cluster.isInstalled.value == true {
            do {
                try await ground.unpack(set, identity: plan.identity)
                release = .known(try releaseTroubles(set))
            } catch {
                release = .unknown(Fact<Never>.reason(error))
            }
            if release.value == [] { await look(&cluster) }
            databases = await self.databases(of: set)
        }
        var observation = RestoreObservation(
            plan: plan,
            origin: origin(of: set),
            createdAt: set.manifest.createdAt,
            proof: set.manifest.proof,
            isOfOneMoment: set.manifest.summary.isOfOneMoment,
            damages: damages,
            lock: lock,
            release: release,
            missingImages: .known([]),
            obstacles: .known([]),
            atWork: .known(RestoreObservation.AtWork()),
            extra: await .of { try await extra() },
            databases: databases,
            missingTools: await missingTools(databases, set)
        )
        observation.cluster = cluster
        return observation
    }

    private var facts: RestoreObservation.Cluster {
        RestoreObservation.Cluster(releaseName: site.settings.release, namespace: site.settings.namespace)
    }

    /// Looks at the cluster; the set has been unpacked.
    private func look(_ cluster: inout RestoreObservation.Cluster) async {
        let deployment = await site.lookedAt()
        let scout = ClusterScout(deployment)
        cluster.values = .known(files.remarks)
        cluster.gitOps = await .of { try await scout.gitOps() }
        do {
            let objects = try await carried().objects
            cluster.keys = await .of { try await keys() }
            cluster.unservedKinds = await .of { try await scout.unserved(objects) }
            cluster.images = await .of { try await scout.images(of: objects) }
            cluster.lost = await .of { try await deployment.lost(to: objects) }
            let present = try Manifest.parse(try await site.record().manifest)
            let own = try await scout.missing(of: ClusterRights.own)
            let helms = try await scout.missing(of: try await scout.rights(toChange: objects + present))
            let missing = own + helms.filter { !own.contains($0) }
            cluster.missingRights = .known(missing.map(\.text))
            cluster.roleSnippet = ClusterRights.rules(missing)
        } catch {
            let reason = Fact<Never>.reason(ClusterLink.trouble(error))
            if cluster.keys.value == nil { cluster.keys = .unknown(reason) }
            if cluster.unservedKinds.value == nil { cluster.unservedKinds = .unknown(reason) }
            if cluster.images.value == nil { cluster.images = .unknown(reason) }
            if cluster.lost.value == nil { cluster.lost = .unknown(reason) }
            cluster.missingRights = .unknown(reason)
        }
    }

    /// The product's keys: as the set has them, as the cluster has them, and as it will have them.
    private func keys() async throws -> [RestoreObservation.Cluster.Key] {
        let saved = try KeysFile.read(file: "\(ground.installation)/\(KeysFile.name)")
        let now = await present()?.values ?? [:]
        let later = try await past().values
        ClusterSecrets.known.note(saved.values, of: site.settings)
        return workplace.product.keys.map { name in
            let standing: RestoreObservation.Cluster.Key.Standing
            if let value = saved[name] {
                standing = later[name] != value ? .differs : now[name] == value ? .same : .comesBack
            } else {
                standing = .missing
            }
            return RestoreObservation.Cluster.Key(
                name: name,
                place: site.source(of: name, among: later),
                standing: standing
            )
        }
    }

    func observeInPlace() async throws -> RestoreObservation {
        let set = try set
        let state: Fact<ClusterState> = await .of { try await site.lookedAt().observe() }
        var observation = RestoreObservation(
            plan: plan,
            origin: origin(of: set),
            createdAt: set.manifest.createdAt,
            proof: set.manifest.proof,
            atWork: .known(RestoreObservation.AtWork()),
            inPlace: RestoreObservation.InPlace(
                strangers: state.map { $0.strangers(to: plan.release) },
                contradictions: state.map { contradictions($0.record, set) },
                databases: await databasesInPlace(of: set)
            )
        )
        observation.cluster = facts
        return observation
    }

    /// How Helm's record is not of the set's release.
    private func contradictions(_ record: HelmRecord?, _ set: BackupSet) -> [String] {
        guard let record else { return ["Helm has no deployed revision of \(site.settings.release)"] }
        let archive = "\(record.chartName)-\(record.chartVersion).tgz"
        let recorded = set.manifest.origin.notes[HelmNotes.chart] ?? archive
        guard record.isOf(plan.release), archive == recorded else {
            return ["revision \(record.revision) is of \(record.chartName) \(record.chartVersion)"]
        }
        return []
    }

    /// Workloads of databases are never touched, so that none is started either.
    func stopped(_ name: String) -> (service: String, remains: RestoreObservation.Database.Remains)? { nil }

    /// The disk is a node's, or another machine's.
    func disk(of name: String) -> Fact<FileSystem>? { nil }
}

// MARK: Doing

extension ClusterRestoreScene {
    func isUnpacked() -> Bool { ground.holds(plan.set) }

    /// Images are pulled by the nodes. What else the release needs is here where Helm can render its chart.
    func provideRelease(_ report: Report) async throws {
        report("Rendering the chart of \(plan.release)", nil)
        let troubles = try releaseTroubles(try set)
        guard troubles.isEmpty else {
            throw Trouble(
                .environment,
                "backup-damaged",
                "\(plan.set) does not carry \(plan.release) whole: \(troubles.joined(separator: "; ")).",
                remedy: "Use another set."
            )
        }
        _ = try await carried()
    }

    /// Database servers are there, or come back by themselves: their workloads are nobody's to touch.
    func provideServers(logs: String, keepingAs suffix: String, _ report: Report) {}

    func startAgain(_ name: String) async throws -> String? {
        do {
            _ = try await route(to: name)
            return nil
        } catch let trouble as Trouble where trouble.code == "service-not-running" {
            return "Waiting for the server of \(name), which has no pod that is ready"
        } catch {
            // Whatever it is, the effect itself meets it, too.
            return nil
        }
    }

    func checkStill() async throws { try await site.lookedAt().checkStill() }

    func isReplaced() async throws -> Bool {
        guard files.isPlaced else { return false }
        return try await site.lookedAt().isKept(chart, as: plan.release)
    }

    /// The release is deployed from its folder in the data folder; the operator's files are what later upgrades lay over
    /// it.
    func replace(keepingAs suffix: String, _ report: Report) async throws {
        for remark in files.remarks { report(remark, nil) }
        try files.place(keepingAs: suffix)
        try await site.lookedAt().keep(chart, as: plan.release)
    }
}
