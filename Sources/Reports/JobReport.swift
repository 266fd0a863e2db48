package import UpgradeModel

/// A backup or a proof that was asked for in the Admin Console, and that goes on by itself.
package struct JobReport: Encodable, Sendable {
    /// How a job stands.
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case running
        /// It was done; a proof has come out well.
        case done
        /// It was refused, or a proof said no; `error` or `result` say why.
        case refused
        /// It could not be done.
        case failed
    }

    /// How far it is.
    package struct ProgressBody: Encodable, Sendable {
        package var message: String
        @Null package var fraction: Double?

        /// Reports a line, and the part that is done, 0 to 1, where it can be known.
        package init(message: String, fraction: Double?) {
            self.message = message
            self.fraction = fraction
        }
    }

    package var id: String
    package var kind: String
    package var state: String
    package var startedAt: String
    package var startedBy: String
    @Null package var endedAt: String?
    package var seconds: Double
    /// The set that is proven, or was made.
    @Null package var backup: String?
    @Null package var progress: ProgressBody?
    @Null package var result: BackupReport?
    @Null package var error: ErrorReport.Body?

    /// Reports a job. `seconds` is how long it has taken so far.
    package init(
        id: String,
        kind: String,
        state: State,
        startedAt: Moment,
        startedBy: String,
        endedAt: Moment?,
        seconds: Double,
        backup: BackupSetID?,
        progress: ProgressBody?,
        result: BackupReport?,
        error: Trouble?
    ) {
        self.id = id
        self.kind = kind
        self.state = state.rawValue
        self.startedAt = startedAt.description
        self.startedBy = startedBy
        self.endedAt = endedAt?.description
        self.seconds = seconds
        self.backup = backup?.description
        self.progress = progress
        self.result = result
        self.error = error.map { ErrorReport($0).error }
    }
}

/// The jobs that are remembered, newest first.
package struct JobListReport: Encodable, Sendable {
    package var jobs: [JobReport]

    /// Reports jobs, given newest first.
    package init(jobs: [JobReport]) { self.jobs = jobs }
}
