import Foundation
import Postgres
import ReleasePackage
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// Tries a release's own migrations on scratch copies of the databases, while the application goes on.
struct Rehearser: Sendable {
    let site: ComposeSite

    private var workplace: Workplace { site.workplace }
    private var shelf: RehearsalShelf { RehearsalShelf(workplace) }

    init(_ site: ComposeSite) { self.site = site }

    /// Why no rehearsal can be made here; nil where one can.
    func obstacle() throws -> Trouble? {
        do throws(Trouble) {
            _ = try parts(in: try environment())
            return nil
        } catch  where error.code == "rehearsal-impossible" {
            return error
        }
    }

    /// Removes what rehearsals left whose processes have died. The caller holds the installation.
    func removeAbandoned() async throws {
        try await site.deployment().removeAbandonedRehearsals()
        shelf.removeAbandoned()
    }

    /// Rehearses.
    ///
    /// - Parameters:
    ///   - release: whose migrations to try.
    ///   - from: the release that the databases belong to.
    ///   - id: the rehearsal's name.
    ///   - run: the run that it is a part of.
    ///   - report: gets lines of progress.
    /// - Returns: the record, with `failure` where a migration failed; it is kept.
    /// - Throws: a `Trouble` where it could not be found out whether the migrations work; nothing is kept then.
    func rehearse(
        _ release: Release,
        from: ReleaseVersion,
        id: RunID,
        run: RunID?,
        report: @escaping @Sendable (UpgradeEngine.Progress) -> Void
    ) async throws -> Rehearsal {
        let started = ContinuousClock.now
        let environment = try environment()
        let work = RehearsalWork(
            site: site,
            release: release,
            id: id,
            folder: try shelf.begin(id),
            parts: try parts(in: environment),
            environment: environment,
            earlier: shelf.newest(from: from, to: release)?.databases ?? [],
            report: report
        )
        var record = Rehearsal(
            id: id,
            from: from,
            target: release.version,
            package: release.package?.sha256,
            run: run,
            startedAt: Workplace.now()
        )
        // Where this throws, the folder stays with what the tools said, until the next rehearsal is begun.
        let outcome = try await work.carryOut()
        record.migrations = outcome.migrations
        record.databases = outcome.databases
        record.failure = outcome.failure
        record.seconds = (ContinuousClock.now - started) / .seconds(1)
        try shelf.keep(record, schemas: outcome.schemas)
        return record
    }

    private func environment() throws(Trouble) -> InstalledEnvironment {
        try site.compose.environment()
    }

    private func parts(in environment: InstalledEnvironment) throws(Trouble) -> [RehearsalWork.Part] {
        var parts: [RehearsalWork.Part] = []
        for database in DatabaseRoutes(site).necessary(in: environment.variables) {
            let redirection = try RehearsalRedirection(database.definition, environment: environment.values)
            parts.append(RehearsalWork.Part(database: database, redirection: redirection))
        }
        return parts
    }
}
