import Postgres
import StateStore
import UpgradeEngine
import UpgradeModel

/// Finds the way back, and what earlier restores have left on the servers.
struct WayBackScout: Sendable {
    let workplace: Workplace
    /// The runs that ended as restores, oldest first.
    private let restores: [RunView]

    init(_ workplace: Workplace) throws {
        self.workplace = workplace
        restores = try workplace.store.possibleRestores().map { run in
            try RunView(of: run, in: workplace.store)
        }.filter { $0.machine.phase == .restored }
    }

    /// How long a restore takes; nil where no set is proven.
    func wayBack(_ sets: [ListedSet]) -> WayBack? {
        // One that was only recorded has taken its time elsewhere.
        let seconds = restores.filter { !$0.isInPlace }.suffix(10).compactMap { view -> Double? in
            // Of an upgrade that gave way only what came after is the restore.
            let steps = view.request.plan.restore == nil ? view.steps.filter { $0.step == .restore } : view.steps
            let taken = steps.compactMap(\.seconds).reduce(0, +)
            return taken > 0 ? taken : nil
        }
        return WayBack(sets: sets.map { WayBack.Known($0.summary) }, restores: seconds)
    }

    /// Databases that restores have replaced and that are still there.
    func replaced() async throws -> [String] {
        let names = Set(restores.flatMap(\.replaced))
        guard !names.isEmpty else { return [] }
        return try await Sites.with(workplace) { try await find(names, at: $0) }
    }

    private func find(_ names: Set<String>, at site: any Site) async throws -> [String] {
        var found: Set<String> = []
        for database in try await BackupShelf(workplace).databases(at: site) {
            let server = ServerDatabases(database.route)
            for name in names.subtracting(found) where try await server.exists(name) { found.insert(name) }
        }
        return found.sorted()
    }
}
