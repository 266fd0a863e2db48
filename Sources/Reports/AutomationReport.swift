package import UpgradeEngine
package import UpgradeModel

/// How the things stand that the console does by itself.
package struct AutomationReport: Encodable, Sendable {
    /// A check that is to come.
    package struct Planned: Encodable, Sendable {
        package var scheduled: String
        package var at: String

        /// Reports one.
        package init(_ planned: CheckTimetable.Planned) {
            scheduled = planned.scheduled.description
            at = planned.at.description
        }
    }

    /// A stretch in which upgrades are meant to begin.
    package struct Opening: Encodable, Sendable {
        package var from: String
        package var to: String

        /// Reports one.
        package init(_ opening: MaintenanceWindows.Opening) {
            from = opening.from.description
            to = opening.to.description
        }
    }

    package struct Checks: Encodable, Sendable {
        package var schedule: String
        package var zone: String
        @Null package var checkedAt: String?
        @Null package var next: Planned?
        package var failures: Int
        @Null package var trouble: ErrorReport.Body?
    }

    package struct Windows: Encodable, Sendable {
        package var configured: Bool
        package var open: Bool
        @Null package var opening: Opening?
        @Null package var next: Opening?
    }

    package struct Failing: Encodable, Sendable {
        package var name: String
        package var triedAt: String
        package var answer: String
    }

    package var checks: Checks
    package var windows: Windows
    package var failingChannels: [Failing]

    /// Reports facts.
    package init(_ facts: AutomationFacts) {
        checks = Checks(
            schedule: facts.schedule,
            zone: facts.zone,
            checkedAt: facts.checkedAt?.description,
            next: facts.next.map { Planned($0) },
            failures: facts.failures,
            trouble: facts.trouble.map { ErrorReport($0).error }
        )
        windows = Windows(
            configured: facts.hasWindows,
            open: facts.isOpen,
            opening: facts.opening.map { Opening($0) },
            next: facts.nextOpening.map { Opening($0) }
        )
        failingChannels = facts.failing.map {
            Failing(name: $0.name, triedAt: $0.triedAt.description, answer: $0.answer)
        }
    }
}
