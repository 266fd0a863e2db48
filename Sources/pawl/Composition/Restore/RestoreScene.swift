import Foundation
import Postgres
import UpgradeModel

/// A set, the installation that it is restored to, and the ways to its databases.
///
/// What is done to databases is the same however an installation runs, and is found in ``RestorePort`` and below. What a
/// kind of installation does in its own way is what is asked here.
protocol RestoreScene: Sendable {
    /// Gets a line for each thing done, and the part that is done.
    typealias Report = @Sendable (String, Double?) -> Void

    var workplace: Workplace { get }
    var routes: DatabaseRoutes { get }
    var plan: RestorePlan { get }
    var ground: RestoreGround { get }
    /// The set, which is asked for where it is needed itself: what only renames and undoes must do without.
    var set: BackupSet { get throws }

    // MARK: Who says where databases are

    /// What the installation says of itself; nil where there is none, or it cannot be read.
    func present() async -> SiteVariables?

    /// What it will say when the set's configuration is back. The set has been unpacked.
    func past() async throws -> SiteVariables

    /// The databases that the installation has besides those of the set.
    func extra() async throws -> [String]

    // MARK: Looking

    /// Looks at what a restore would do, where the set is to be brought back. It is unpacked meanwhile.
    func observeBringingBack() async throws -> RestoreObservation

    /// Looks at a set that somebody has restored outside of any run.
    func observeInPlace() async throws -> RestoreObservation

    /// The server of a database that does not run and that the restore starts, and what there is of it; nil where it runs,
    /// or is none that the restore starts.
    ///
    /// - Throws: where it does not run, and the restore does not start it.
    func stopped(_ name: String) async throws -> (service: String, remains: RestoreObservation.Database.Remains)?

    /// The file system of a database's files; nil where nobody here can look at it.
    func disk(of name: String) async -> Fact<FileSystem>?

    // MARK: Doing

    /// Whether the set lies unpacked, and everything that its release needs is here.
    func isUnpacked() async throws -> Bool

    /// Provides what the set's release needs and the set does not hold; the set has been unpacked.
    func provideRelease(_ report: Report) async throws

    /// Sees to the database servers as far as the installation brings them along.
    func provideServers(logs: String, keepingAs suffix: String, _ report: Report) async throws

    /// Starts the server of a database that has stopped since it was provided, where it can be started; says what it waits
    /// for then, and nil where there is nothing to wait for.
    func startAgain(_ name: String) async throws -> String?

    /// Makes sure that nothing writes to the databases.
    func checkStill() async throws

    /// Whether the set's configuration and its release are in place.
    func isReplaced() async throws -> Bool

    /// Puts the set's configuration and its release in place; what gives way is kept under a name with a suffix.
    func replace(keepingAs suffix: String, _ report: Report) async throws
}

// MARK: The ways to databases

extension RestoreScene {
    /// One of the databases as configured, with the variables that say so: the installation's own, then those that the set
    /// brings, if it brings any.
    func resolved(_ name: String) async throws -> (database: ResolvedDatabase, variables: SiteVariables) {
        if let present = await present(), let found = find(name, in: present) { return (found, present) }
        if !plan.isInPlace, let past = try? await past(), let found = find(name, in: past) { return (found, past) }
        throw Trouble(
            .operator,
            "database-not-configured",
            "Neither the installation nor the set says where the database \(name) is.",
            remedy: "Say it under `databases.\(name)` in \(workplace.configuration)."
        )
    }

    private func find(_ name: String, in variables: SiteVariables) -> ResolvedDatabase? {
        routes.necessary(in: variables).first { $0.definition.name == name }
    }

    /// The way to a database, which need not exist.
    func route(to name: String) async throws -> DatabaseRoute {
        let (database, variables) = try await resolved(name)
        return try await routes.route(to: database, in: variables)
    }

    /// The service that is the server of a database; nil where it is none of the installation's.
    func service(of name: String) async throws -> String? {
        guard case .service(let service)? = try await resolved(name).database.address else { return nil }
        return service.service
    }

    func restore(_ name: String, over route: DatabaseRoute) throws -> DatabaseRestore {
        let set = try set
        guard let backup = set.manifest.databases.first(where: { $0.name == name }) else {
            throw Trouble(
                .internal,
                "no-database",
                "The set \(set.id) has no database \(name).",
                remedy: "Report this as a bug."
            )
        }
        return DatabaseRestore(backup, of: set.path, over: route, identity: plan.identity, work: ground.work)
    }

    /// Makes sure that it is this set, whole, that lies unpacked.
    func provideGround() async throws {
        guard !ground.holds(plan.set) else { return }
        let set = try set
        try ground.makeFolders()
        let damages = try await ground.opening(of: set, identity: plan.identity).damages()
        guard damages.isEmpty else {
            throw Trouble(
                .environment,
                "backup-damaged",
                "\(set.id) is damaged: \(damages.joined(separator: ", ")).",
                remedy: "Put back what is missing or changed in \(set.path), then try again; or use another set."
            )
        }
        try await ground.unpack(set, identity: plan.identity)
    }
}
