package import UpgradeModel

/// What an operator is told before a restore, as a document: what comes back, what would be lost, what keeps it from
/// beginning.
package struct RestoreOutlookReport: Encodable, Sendable {
    package struct Loss: Encodable, Sendable {
        package var table: String
        package var now: Int64
        package var inSet: Int64
        package var lost: Int64
    }

    package struct Database: Encodable, Sendable {
        package var name: String
        /// Whether it is in the set; one that is not is set aside.
        package var restored: Bool
        /// What would be lost at least, the most rows first. Rows that were changed, or that came where others were deleted,
        /// are not counted.
        package var losses: [Loss]
        /// Why not everything was counted; null where everything was.
        @Null package var uncounted: String?
    }

    package var backup: String
    package var createdAt: String
    package var release: String
    package var databases: [Database]
    package var preflight: PreflightDocument
    /// The same as `pawl restore` says it.
    package var text: String

    /// Reports what was seen.
    package init(_ observation: RestoreObservation) {
        let plan = observation.plan
        backup = plan.set.description
        createdAt = observation.createdAt.description
        release = plan.release.description
        databases = observation.databases.map { database in
            var losses: [LostRows] = []
            var uncounted: String?
            switch database.server {
            case .known(.open(let replaced)):
                losses = replaced.losses
                uncounted = replaced.uncounted
            case .known(.toBeStarted(_, .nothing)): break
            case .known(.toBeStarted(let service, _)): uncounted = "the service \(service) does not run"
            case .unknown(let why): uncounted = why
            }
            return Database(
                name: database.name,
                restored: plan.databases.contains(database.name),
                losses: losses.map { Loss(table: $0.table, now: $0.present, inSet: $0.inSet, lost: $0.lost) },
                uncounted: uncounted
            )
        }
        preflight = PreflightDocument(PreflightReport(of: observation), before: "restore")
        text = RestoreOutlook(observation).text
    }
}
