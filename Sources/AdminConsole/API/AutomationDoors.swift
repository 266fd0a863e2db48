import Hummingbird
import Reports
import UpgradeEngine
import UpgradeModel

/// The settings of what the console does by itself, for programs.
struct AutomationDoors: Sendable {
    let parts: ConsoleParts
    let automation: Automation

    func all() -> [Door] {
        [
            .api(.get, "/api/v1/automation", needs: .look) { _ in
                APIAnswer.json(AutomationReport(try automation.facts()))
            },
            .api(.get, "/api/v1/settings/schedule", needs: .administer) { _ in
                APIAnswer.json(try ScheduleDocument.Shown(automation))
            },
            .api(.put, "/api/v1/settings/schedule", needs: .administer, action: "set-schedule") { visit in
                let checks = try visit.document(ScheduleDocument.Given.self).checks()
                try change(visit).set(checks)
                return APIAnswer.json(try ScheduleDocument.Shown(automation))
            },
            .api(.get, "/api/v1/settings/windows", needs: .administer) { _ in
                APIAnswer.json(try WindowsDocument.Shown(automation))
            },
            .api(.put, "/api/v1/settings/windows", needs: .administer, action: "set-windows") { visit in
                try change(visit).set(visit.document(WindowsDocument.Given.self).setting)
                return APIAnswer.json(try WindowsDocument.Shown(automation))
            },
            .api(.get, "/api/v1/settings/notifications", needs: .administer) { _ in
                APIAnswer.json(NotificationsDocument.Shown(try automation.settings().notifications))
            },
            .api(.put, "/api/v1/settings/notifications", needs: .administer, action: "set-notifications") { visit in
                let given = try visit.document(NotificationsDocument.Given.self)
                try change(visit).set(given.settings(after: automation.settings().notifications))
                return APIAnswer.json(NotificationsDocument.Shown(try automation.settings().notifications))
            },
            .api(.post, "/api/v1/settings/notifications/:id/test", needs: .administer, action: "test-notification") {
                visit in
                try await Idempotency(records: parts.records, now: parts.now).answer(visit) { visit in
                    KeptAnswer(TestReport(try await change(visit).test(visit.parameter("id"))))
                }
            },
        ]
    }

    private func change(_ visit: Visit) -> SettingsChange {
        SettingsChange(parts: parts, automation: automation, visit: visit)
    }
}

/// What a test of a channel has shown.
struct TestReport: Encodable {
    var sent: Bool
    var answer: String

    init(_ result: SendResult) {
        sent = result.isSent
        answer = result.answer
    }
}

/// Changes settings for whoever asks, and notes that they did.
struct SettingsChange: Sendable {
    let parts: ConsoleParts
    let automation: Automation
    let visit: Visit

    func set(_ checks: ConsoleSettings.Checks) throws {
        try automation.set(checks)
        try note("schedule-changed", "\(checks.schedule.text) \(checks.zone)")
    }

    func set(_ windows: ConsoleSettings.Windows) throws {
        try automation.set(windows)
        let words = windows.windows.windows.map { "\($0.days.joined(separator: ",")) \($0.opening)-\($0.closing)" }
        try note("windows-changed", (words.isEmpty ? "none" : words.joined(separator: "; ")) + " \(windows.zone)")
    }

    func set(_ notifications: ConsoleSettings.Notifications) throws {
        try automation.set(notifications)
        let names = notifications.channels.map { $0.name + ($0.isOn ? "" : " (off)") }
        try note(
            "notifications-changed",
            (names.isEmpty ? "none" : names.joined(separator: "; "))
                + (notifications.allowsLocal ? "; local addresses allowed" : "")
        )
    }

    func test(_ id: String) async throws -> SendResult {
        guard let channel = try automation.settings().notifications.channels.first(where: { $0.id == id }) else {
            throw Refusal.notFound
        }
        let result = try await automation.test(id, by: visit.visitor?.person ?? "Somebody")
        try note("notification-tested", channel.name, succeeded: result.isSent)
        return result
    }

    private func note(_ action: String, _ subject: String, succeeded: Bool = true) throws {
        try parts.records.note(
            AuditEntry(
                at: parts.now(),
                actor: visit.visitor?.actor ?? "-",
                address: visit.context.address,
                action: action,
                subject: String(subject.prefix(500)),
                outcome: succeeded ? .done : .failed
            )
        )
    }
}
