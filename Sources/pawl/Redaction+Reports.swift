import AdminConsole
import Reports
import UpgradeEngine
import UpgradeModel

/// What is told of an installation, without the secrets that tools have said.
extension Redaction {
    /// The same trouble.
    func clean(_ trouble: Trouble) -> Trouble {
        var trouble = trouble
        trouble.message = words(trouble.message)
        trouble.remedy = words(trouble.remedy)
        return trouble
    }

    /// The same status.
    func clean(_ status: StatusReport) -> StatusReport {
        var status = status
        status.notices = status.notices.map { words($0) }
        return status
    }

    /// The same run.
    func clean(_ run: RunReport) -> RunReport {
        var run = run
        run.progress = run.progress.map { saying($0) }
        if var reason = run.reason {
            reason.message = words(reason.message)
            reason.remedy = words(reason.remedy)
            run.reason = reason
        }
        return run
    }

    /// The same event. Most events are in words of ours, and there are many.
    func clean(_ event: EventReport) -> EventReport {
        guard event.kind == EventView.Kind.progress.rawValue || event.data?.code != nil else { return event }
        var event = event
        let isProgress = event.kind == EventView.Kind.progress.rawValue
        event.message = isProgress ? saying(event.message) : words(event.message)
        if var data = event.data {
            data.remedy = data.remedy.map { words($0) }
            event.data = data
        }
        return event
    }

    /// The same job.
    func clean(_ job: JobReport) -> JobReport {
        var job = job
        if var progress = job.progress {
            progress.message = saying(progress.message)
            job.progress = progress
        }
        if var error = job.error {
            error.message = words(error.message)
            error.remedy = words(error.remedy)
            job.error = error
        }
        return job
    }

    /// The same findings.
    func clean(_ document: PreflightDocument) -> PreflightDocument {
        var document = document
        document.findings = document.findings.map { finding in
            var finding = finding
            finding.message = words(finding.message)
            finding.remedy = finding.remedy.map { words($0) }
            return finding
        }
        return document
    }

    /// The same progress.
    func clean(_ progress: LookProgress) -> LookProgress {
        let findings = progress.findings.map {
            Finding(
                check: $0.check,
                title: $0.title,
                outcome: $0.outcome,
                message: words($0.message),
                remedy: $0.remedy.map { words($0) }
            )
        }
        return LookProgress(progress.look, findings: findings, at: progress.deployment)
    }

    /// The same dry run; its commands hold no secrets, whatever the tools say.
    func clean(_ report: DryRunReport) -> DryRunReport {
        var report = report
        report.preflight = clean(report.preflight)
        return report
    }

    /// The same outlook.
    func clean(_ outlook: RestoreOutlookReport) -> RestoreOutlookReport {
        var outlook = outlook
        outlook.preflight = clean(outlook.preflight)
        outlook.databases = outlook.databases.map { database in
            var database = database
            database.uncounted = database.uncounted.map { words($0) }
            return database
        }
        outlook.text = saying(outlook.text)
        return outlook
    }
}
