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
            put(
                "schedule",
                .scheduleChanged,
                of: { Deeds.checks(try $0.document(ScheduleDocument.Given.self).checks()) }
            ) {
                visit in
                let checks = try visit.document(ScheduleDocument.Given.self).checks()
                try change(visit).set(checks)
                return APIAnswer.json(try ScheduleDocument.Shown(automation))
            },
            .api(.get, "/api/v1/settings/windows", needs: .administer) { _ in
                APIAnswer.json(try WindowsDocument.Shown(automation))
            },
            put("windows", .windowsChanged, of: { Deeds.windows(try $0.document(WindowsDocument.Given.self).setting) })
            {
                visit in
                try change(visit).set(visit.document(WindowsDocument.Given.self).setting)
                return APIAnswer.json(try WindowsDocument.Shown(automation))
            },
            .api(.get, "/api/v1/settings/notifications", needs: .administer) { _ in
                APIAnswer.json(NotificationsDocument.Shown(try automation.settings().notifications))
            },
            put(
                "notifications",
                .notificationsChanged,
                of: { try $0.document(NotificationsDocument.Given.self).channels.map(\.name).joined(separator: "; ") }
            ) { visit in
                let given = try visit.document(NotificationsDocument.Given.self)
                try change(visit).set(given.settings(after: automation.settings().notifications))
                return APIAnswer.json(NotificationsDocument.Shown(try automation.settings().notifications))
            },
            .api(
                .post,
                "/api/v1/settings/notifications/:id/test",
                needs: .administer,
                action: .notificationTested
            ) { visit in
                try await Idempotency(records: parts.records, now: parts.now).answer(visit) { visit in
                    KeptAnswer(TestReport(try await change(visit).test(visit.parameter("id"))))
                }
            },
        ]
    }

    /// A door for settings; where the body cannot be read, the trail says so.
    private func put(
        _ name: String,
        _ action: AuditAction,
        of subject: @escaping @Sendable (Visit) throws -> String,
        _ answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> Door {
        .api(
            .put,
            "/api/v1/settings/\(name)",
            needs: .administer,
            action: action,
            of: { visit in
                guard let words = try? subject(visit) else { return "unreadable" }
                return words.isEmpty ? "none" : words
            },
            answer: answer
        )
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

/// Changes settings for whoever asks, and says for the audit trail what they are then.
struct SettingsChange: Sendable {
    let parts: ConsoleParts
    let automation: Automation
    let visit: Visit

    func set(_ checks: ConsoleSettings.Checks) throws {
        try automation.set(checks)
        visit.noted.set(Deeds.checks(checks))
    }

    func set(_ windows: ConsoleSettings.Windows) throws {
        try automation.set(windows)
        visit.noted.set(Deeds.windows(windows))
    }

    func set(_ notifications: ConsoleSettings.Notifications) throws {
        try automation.set(notifications)
        visit.noted.set(Deeds.notifications(notifications))
    }

    func test(_ id: String) async throws -> SendResult {
        guard let channel = try automation.settings().notifications.channels.first(where: { $0.id == id }) else {
            throw Refusal.notFound
        }
        let result = try await automation.test(id, by: visit.visitor?.person ?? "Somebody")
        visit.noted.set(channel.name, result.isSent ? nil : .failed)
        return result
    }
}
