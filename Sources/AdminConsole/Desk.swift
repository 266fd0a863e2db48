package import Reports
package import UpgradeEngine
package import UpgradeModel

/// The installation as the console sees it: what it shows, and what it asks for. It decides nothing itself.
///
/// Every call may throw a `Trouble`.
package protocol Desk: Sendable {
    /// What the product calls itself.
    var title: String { get }

    // What is shown

    /// Where the installation stands.
    func status() async throws -> StatusReport
    /// What really runs, with its health.
    func services() async throws -> ServicesReport
    /// The releases that the source offers.
    func releases() async throws -> ReleasesReport
    /// One release, with its notes.
    func release(_ version: ReleaseVersion) async throws -> ReleaseReport
    /// The way to a release, or to the newest.
    func plan(to target: ReleaseVersion?) async throws -> PlanReport
    /// The backup sets, newest first.
    func backups() async throws -> BackupListReport
    /// One backup set.
    func backup(_ id: BackupSetID) async throws -> BackupReport
    /// What retention would keep and remove.
    func retention() async throws -> PruneReport
    /// Every run, newest first.
    func runs() async throws -> HistoryReport
    /// One run.
    func run(_ id: RunID) async throws -> RunReport
    /// What was decided last about a run, whether it was taken up or not; nil where nothing was. Cheap.
    func decision(about id: RunID) async throws -> Decision?
    /// The first and the newest event of a run. Cheap.
    func span(of id: RunID) async throws -> ClosedRange<Int64>
    /// The events of a run, or of all, after the one with this id.
    func events(of id: RunID?, after event: Int64) async throws -> [EventReport]
    /// The events of a run after one and up to another.
    func events(of id: RunID, after event: Int64, through last: Int64) async throws -> [EventReport]
    /// The newest events of a run, at most so many, oldest first.
    func newestEvents(of id: RunID, most: Int) async throws -> [EventReport]
    /// A run from its beginning, with every line of progress or with none. May take seconds.
    func story(of id: RunID, withProgress: Bool) async throws -> [EventReport]
    /// The tools' logs of a run: their names and last lines.
    func logs(of id: RunID) async throws -> [LogTail]
    /// The end of one log of a run, of at most so many bytes. May take seconds.
    func log(_ name: String, of id: RunID, bytes: Int) async throws -> LogTail
    /// The backups and proofs that were asked for in the console, newest first.
    func jobs() async throws -> JobListReport
    /// One of them.
    func job(_ id: RunID) async throws -> JobReport
    /// What a restore of a set would bring back and what would be lost. `identity` is a file on Pawl's machine.
    func restoreOutlook(of id: BackupSetID, identity: String?) async throws -> RestoreOutlookReport
    /// The releases that a retry of a run would take in the place of the one that failed, oldest first.
    func replacements(for id: RunID) async throws -> [ReleaseVersion]
    /// What tells whether something has changed. Cheap.
    func pulse() async throws -> Pulse
    /// A beat whenever something may have been written by anybody, within some 25 ms of it, and one at once.
    func changes() -> AsyncStream<Void>

    // What is asked for

    /// Asks the source for releases.
    func check() async throws -> CheckReport
    /// Runs the preflight checks of the next hop towards a release.
    func preflight(to target: ReleaseVersion?) async throws -> PreflightDocument
    /// What an upgrade would do: its checks, its commands, how long services stand still, the disk that it needs.
    /// `looking` hears of each thing before it is looked at.
    func dryRun(to target: ReleaseVersion?, looking: @escaping @Sendable (LookProgress) -> Void) async throws
        -> DryRunReport
    /// Begins an upgrade; returns the run when it is written down, and does not wait for its end. It
    /// rehearses where it is asked to or the configuration says so. `requireAllowed` is asked right before it is written
    /// down: the checks take their time.
    ///
    /// - Throws: ``RefusedByChecks`` where a check says no; then no run was begun.
    func upgrade(
        to target: ReleaseVersion?,
        rehearse: Bool,
        by person: String,
        whileAllowed requireAllowed: @escaping @Sendable () throws -> Void
    ) async throws -> RunReport
    /// Begins a restore, or lets a run that waits give way to one; `identity` as in ``restoreOutlook(of:identity:)``.
    ///
    /// - Throws: ``RefusedByChecks``, as for an upgrade.
    func restore(_ id: BackupSetID, identity: String?, by person: String) async throws -> RunReport
    /// Goes on with a run that waits, with the same release or a newer one; `restoredElsewhere` as
    /// `pawl retry --restored-elsewhere` has it.
    func retry(_ id: RunID, to target: ReleaseVersion?, by person: String, restoredElsewhere: Bool) async throws
        -> RunReport
    /// Stops a run before its point of no return.
    func abort(_ id: RunID, by person: String) async throws -> RunReport
    /// Begins a backup of the installation as it is.
    func backUp(by person: String) async throws -> JobReport
    /// Begins to prove a stored set again; `acceptsChanged` as `pawl backup verify --accept-changed` has it.
    func prove(_ id: BackupSetID, identity: String?, acceptsChanged: Bool, by person: String) async throws -> JobReport
    /// Removes what ``retention()`` has said would be, and nothing where that is not what would be removed now.
    func prune(_ ids: Set<String>) async throws -> PruneReport

    /// Makes sure that Pawl's own records can be read, and may be written.
    func requireReady() async throws
}

/// Checks have said no before anything was begun.
package struct RefusedByChecks: Error, Sendable {
    /// What they found.
    package var preflight: PreflightDocument

    /// Takes what they found.
    package init(_ preflight: PreflightDocument) { self.preflight = preflight }

    var trouble: Trouble {
        let blocking = preflight.findings.filter(\.blocking)
        return Trouble(
            .operator,
            "refused-by-checks",
            "\(blocking.count) preflight \(blocking.count == 1 ? "check says" : "checks say") no: "
                + blocking.map(\.title).joined(separator: ", ") + ". No run was begun.",
            remedy: "See to what the checks say, then try again."
        )
    }
}

/// The end of a tool's log.
package struct LogTail: Encodable, Sendable, Hashable {
    /// The file's name within the run's folder.
    package var name: String
    /// Its last lines.
    package var text: String
    /// How many bytes before them are left out.
    package var omittedBytes: UInt64

    /// Puts it together.
    package init(name: String, text: String, omittedBytes: UInt64 = 0) {
        self.name = name
        self.text = text
        self.omittedBytes = omittedBytes
    }
}

/// Numbers that differ when something has changed.
package struct Pulse: Sendable, Hashable {
    /// The newest event of any run.
    package var event: Int64
    /// The newest record of a backup set.
    package var backups: Int64
    /// When the source said something new.
    package var checkedAt: Moment?
    /// The jobs that there are and how they stand, in any form.
    package var jobs: String

    /// Puts them together.
    package init(event: Int64, backups: Int64, checkedAt: Moment?, jobs: String = "") {
        self.event = event
        self.backups = backups
        self.checkedAt = checkedAt
        self.jobs = jobs
    }
}
