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
            get("schedule", .checks) { try ScheduleDocument.Shown(automation) },
            put("schedule", .scheduleChanged, ScheduleDocument.Given.self, of: { Deeds.checks(try $0.checks()) }) {
                visit,
                given in
                try change(visit).set(given.checks(), over: edition(of: .checks, for: visit))
                return try ScheduleDocument.Shown(automation)
            },
            get("windows", .windows) { try WindowsDocument.Shown(automation) },
            put("windows", .windowsChanged, WindowsDocument.Given.self, of: { Deeds.windows($0.setting) }) {
                visit,
                given in
                try change(visit).set(given.setting, over: edition(of: .windows, for: visit))
                return try WindowsDocument.Shown(automation)
            },
            get("notifications", .notifications) { try shownNotifications() },
            put(
                "notifications",
                .notificationsChanged,
                NotificationsDocument.Given.self,
                of: { $0.channels.map(\.name).joined(separator: "; ") }
            ) { visit, given in
                // First of all: secrets that are kept are of the setting as it is read then.
                let edition = try edition(of: .notifications, for: visit)
                let settings = try given.settings(after: automation.settings().notifications)
                try change(visit).set(settings, over: edition)
                return try shownNotifications()
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

    /// A door that shows a setting.
    private func get(
        _ name: String,
        _ part: ConsoleSettings.Part,
        _ show: @escaping @Sendable () throws -> some Encodable & SendableMetatype
    ) -> Door {
        .api(.get, "/api/v1/settings/\(name)", needs: .administer) { _ in
            // Before the setting: what changes in between is then refused, not written over.
            let edition = try automation.edition(of: part)
            return APIAnswer.json(try show(), tag: EntityTag.text(edition))
        }
    }

    /// A door that changes one; where the body cannot be read, the trail says so.
    private func put<Given: GivenDocument>(
        _ name: String,
        _ action: AuditAction,
        _ type: Given.Type,
        of words: @escaping @Sendable (Given) throws -> String,
        _ change: @escaping @Sendable (Visit, Given) throws -> some Encodable & SendableMetatype
    ) -> Door {
        .api(
            .put,
            "/api/v1/settings/\(name)",
            needs: .administer,
            action: action,
            of: { visit in
                guard let words = try? words(visit.document(type)) else { return "unreadable" }
                return words.isEmpty ? "none" : words
            }
        ) { visit in
            APIAnswer.json(try change(visit, visit.document(type)))
        }
    }

    private func edition(of part: ConsoleSettings.Part, for visit: Visit) throws(Trouble) -> String? {
        try visit.edition(among: automation.edition(of: part))
    }

    private func shownNotifications() throws(Trouble) -> NotificationsDocument.Shown {
        NotificationsDocument.Shown(try automation.settings().notifications)
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

    func set(_ checks: ConsoleSettings.Checks, over edition: String? = nil) throws {
        try automation.set(checks, over: edition)
        visit.noted.set(Deeds.checks(checks))
    }

    func set(_ windows: ConsoleSettings.Windows, over edition: String? = nil) throws {
        try automation.set(windows, over: edition)
        visit.noted.set(Deeds.windows(windows))
    }

    func set(_ notifications: ConsoleSettings.Notifications, over edition: String? = nil) throws {
        try automation.set(notifications, over: edition)
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
