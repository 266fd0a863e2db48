package import UpgradeModel

/// What rows of the journal are worth telling.
package enum RunNotices {
    /// The notices of the rows of one run that lie after a certain one; `entries` are all of the run's, oldest first.
    /// `clean` takes secrets out of why something went wrong.
    ///
    /// - Throws: code `unreadable-run` where the rows do not tell a legal story.
    package static func of(
        _ entries: [JournalEntry],
        after cursor: Int64,
        installation: String,
        clean: (Trouble) -> Trouble
    ) throws(Trouble) -> [Notice] {
        guard let first = entries.first else { return [] }
        let request = try Replay(of: first.run, from: [first]).request
        var machine = try UpgradeMachine(request.plan)
        var notices: [Notice] = []
        for entry in entries {
            guard case .event(let event) = entry.payload else { continue }
            let before = machine.phase
            do throws(IllegalEvent) {
                _ = try machine.handle(event)
            } catch {
                throw Trouble(
                    .internal,
                    "unreadable-run",
                    "Row \(entry.id) of the journal cannot follow the rows before it (state \(error.state)).",
                    remedy: "Keep the data folder as it is and send it to the makers of Pawl."
                )
            }
            guard entry.id > cursor, let kind = kind(of: event, from: before, to: machine) else { continue }
            notices.append(notice(kind, entry, request, machine, machine.reason.map(clean), installation))
        }
        return notices
    }

    private static func kind(
        of event: Event,
        from before: UpgradeMachine.Phase,
        to machine: UpgradeMachine
    ) -> NoticeKind? {
        if case .started = event { return .runStarted }
        guard machine.phase != before else { return nil }
        switch machine.phase {
        case .needsOperator: return .needsOperator
        case .succeeded: return .runSucceeded
        case .restored: return .runRestored
        case .refused: return .runRefused
        case .aborted: return machine.reason?.code == "backup-not-proven" ? .backupNotProven : .runAborted
        case .planned, .preflight, .quiescing, .backingUp, .verifying, .migrating, .settling, .restoring: return nil
        }
    }

    private static func notice(
        _ kind: NoticeKind,
        _ entry: JournalEntry,
        _ request: RunRequest,
        _ machine: UpgradeMachine,
        _ reason: Trouble?,
        _ installation: String
    ) -> Notice {
        let target = machine.plan.hops.last ?? request.plan.from
        let what = request.plan.restore.map { "Restore of \($0.set)" } ?? "Upgrade \(request.plan.from) → \(target)"
        let why = reason.map { " \($0.message) \($0.remedy)" } ?? ""
        // Earlier hops stay what they are.
        let before = machine.deployedBefore.map { "\($0) is deployed and stays. " } ?? ""
        let ofIt = machine.deployedBefore.flatMap { _ in machine.hop.map { "of \($0.target) " } } ?? ""
        let (end, words): (String, String) =
            switch kind {
            case .runSucceeded: ("succeeded", "Release \(target) is healthy.")
            case .runRestored: ("ended with a restore", "The databases of the backup are in place.")
            case .needsOperator: ("needs an operator", decision(machine))
            case .runRefused: ("was refused", "\(before)Nothing \(ofIt)was tried.")
            case .runAborted: ("was aborted", "\(before)Everything \(ofIt)was put back.")
            case .backupNotProven: ("stopped: the backup is not proven", "\(before)Everything \(ofIt)was put back.")
            default: ("has begun", "Started by \(request.startedBy).")
            }
        return Notice(
            id: "journal/\(entry.id)",
            kind: kind,
            at: entry.at,
            installation: installation,
            title: "\(what) \(end)",
            message: words + why,
            run: entry.run,
            release: machine.hop?.target ?? target
        )
    }
}

extension RunNotices {
    /// What a run waits for.
    private static func decision(_ machine: UpgradeMachine) -> String {
        let choices = machine.choices.map(\.rawValue).joined(separator: " or ")
        // Nothing but trying again is left where putting back has failed.
        return machine.choices == [.abort]
            ? "Putting back has failed, and services may stand still. Abort tries it again, see its details."
            : "It waits for a decision: \(choices), see its details."
    }
}

/// What asking the source is worth telling.
package enum NewsNotices {
    /// How often in a row a check fails before that is told.
    package static let patience = 3

    /// What there is to tell after a check that went well.
    package static func of(_ news: ReleaseNews, at now: Moment, installation: String) -> [Notice] {
        var notices: [Notice] = []
        if let newer = news.newer {
            let installed = news.installed.map { " Installed is \($0)." } ?? ""
            notices.append(
                Notice(
                    id: "new-version/\(newer)",
                    kind: .newVersion,
                    at: now,
                    installation: installation,
                    title: "New version available: \(newer)",
                    message: "The source offers release \(newer).\(installed) Nothing is deployed by itself.",
                    release: newer
                )
            )
        }
        return notices + ofSupport(news, at: now, installation: installation)
    }

    /// What there is to tell of how long the installed release is supported.
    package static func ofSupport(_ news: ReleaseNews, at now: Moment, installation: String) -> [Notice] {
        var notices: [Notice] = []
        if let installed = news.installed, let standing = news.standing, let due = standing.notice {
            let title =
                due == 0
                ? "Support for \(installed) ended on \(standing.endsOn)"
                : "Support for \(installed) ends on \(standing.endsOn), in \(standing.daysLeft) days"
            notices.append(
                Notice(
                    id: "support/\(installed)/\(due)",
                    kind: .supportEnds,
                    at: now,
                    installation: installation,
                    title: title,
                    message: "\(title). Upgrade: the plan shows the way.",
                    release: installed
                )
            )
        }
        return notices
    }

    /// What there is to tell after a check that failed.
    package static func of(failing record: CheckTimetable.Record, at now: Moment, installation: String) -> [Notice] {
        guard record.failures >= patience, let trouble = record.trouble, let since = record.failingSince else {
            return []
        }
        return [
            Notice(
                id: "check-failing/\(since)",
                kind: .checkFailing,
                at: now,
                installation: installation,
                title: "Checking for updates has failed \(record.failures) times in a row",
                message: "\(trouble.message) \(trouble.remedy)"
            )
        ]
    }
}
