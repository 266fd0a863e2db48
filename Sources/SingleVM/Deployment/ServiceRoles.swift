internal import UpgradeModel

extension SingleVMProduct {
    /// Whether a service is a database server: never stopped, never made anew.
    func isDatabase(_ service: String) -> Bool { databaseServices.contains(service) }

    /// Whether a service is a migration, whatever the settings say.
    func isMigration(_ service: String) -> Bool { migrations.contains { $0.service == service } }

    /// Whether a service must stand still while the databases are backed up and migrated. A service that the product
    /// does not know must: when in doubt, it writes.
    func isWriter(_ service: String) -> Bool { !isDatabase(service) }

    /// Whether the installed version is read from a service: from those that the product names as writers, and, where
    /// images bear a label, from every other one whose image does.
    func tellsVersion(_ service: String, hasVersion: Bool) -> Bool {
        guard !isDatabase(service), !isMigration(service) else { return false }
        if writers.contains(service) { return true }
        switch versionSource {
        case .imageLabel: return hasVersion
        case .imageTag: return false
        }
    }

    /// The order in which writers are stopped: first what the product does not know, which stands in front of the
    /// others as a router does, then the known ones in the product's order.
    func stopRank(_ service: String) -> Int {
        writers.firstIndex(of: service).map { $0 + 1 } ?? 0
    }
}

extension VersionSource {
    /// The version that a container says it is of.
    func version(of container: EngineContainer) -> String? {
        switch self {
        case .imageLabel(let label): container.labels[label]
        case .imageTag: ImageReference(container.imageReference).tag
        }
    }
}
