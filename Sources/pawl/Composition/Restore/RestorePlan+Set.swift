import Postgres
import StateStore
import UpgradeEngine
import UpgradeModel

extension RestorePlan {
    /// What is to be restored from a set, before any way to a database is looked for.
    ///
    /// - Parameters:
    ///   - set: the set.
    ///   - identity: the file that decrypts it; nil where it is not encrypted.
    ///   - extra: the databases that the installation has besides those of the set.
    ///   - isInPlace: whether it was restored already.
    ///   - workplace: the installation.
    /// - Throws: code `backup-damaged` or `backup-foreign`.
    init(
        of set: BackupSet,
        identity: String?,
        extra: [String] = [],
        isInPlace: Bool = false,
        in workplace: Workplace
    ) throws(Trouble) {
        let release: ReleaseVersion
        do {
            release = try ReleaseVersion(set.manifest.release)
        } catch {
            throw Trouble(
                .environment,
                "backup-damaged",
                "\(set.id) says that it belongs to the release `\(set.manifest.release)`, which is no version.",
                remedy: "Use another set."
            )
        }
        guard set.manifest.origin.product == workplace.product.name else {
            throw Trouble(
                .operator,
                "backup-foreign",
                "\(set.id) is a backup of \(set.manifest.origin.product); this installation is \(workplace.product.name).",
                remedy: "Name a set of this product."
            )
        }
        self.init(
            set: set.id,
            release: release,
            databases: set.manifest.databases.map(\.name),
            extra: extra,
            identity: identity,
            isInPlace: isInPlace
        )
    }
}

extension Site {
    /// What is to be restored from a set.
    func restorePlan(of set: BackupSet, identity: String?, isInPlace: Bool) async throws -> RestorePlan {
        let plan = try RestorePlan(of: set, identity: identity, isInPlace: isInPlace, in: workplace)
        // In place none is set aside.
        guard !isInPlace else { return plan }
        var whole = plan
        // Where they cannot be found out, a check says so.
        whole.extra = (try? await databases(besides: plan.databases)) ?? []
        return whole
    }

    /// What the checks of a restore look at. Changes nothing.
    func lookAtRestore(of set: BackupSet, _ plan: RestorePlan) async throws -> RestoreObservation {
        RestoreGrounds.remove(RestoreGrounds.abandonedGlances(in: workplace.data.path))
        let ground = RestoreGrounds.glance(in: workplace.data.path)
        defer { ground.remove() }
        return try await restoreScene(plan, on: ground) { set }.observe()
    }

    /// What brings sets back.
    func restorePort() -> any EffectPort { RestorePort(site: self) }
}
