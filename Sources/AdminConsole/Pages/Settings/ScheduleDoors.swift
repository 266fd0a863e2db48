import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// When the source is asked, and when upgrades are meant to begin.
struct ScheduleDoors: Sendable {
    let parts: ConsoleParts
    let automation: Automation

    /// What the page shows.
    struct Page {
        struct Time {
            var at: String
            var scheduled: String
        }

        struct Preset {
            var name: String
            var fields: String
        }

        struct Window {
            var number: Int
            var days: String
            var from: String
            var to: String
        }

        struct Day {
            var name: String
            var title: String
        }

        var csrf: String
        var schedule: String
        var zone: String
        var windowsZone: String
        var presets: [Preset]
        var zones: [String]
        var next: [Time]
        var checkedAt: String?
        var trouble: String?
        var windows: [Window]
        var hasWindows: Bool
        var isOpen: Bool
        var openUntil: String?
        var nextFrom: String?
        var days: [Day]
        var problem: String?
    }

    func all() -> [Door] {
        [
            .page(.get, Self.path, needs: .administer) { visit in try show(visit) },
            change(
                "",
                .scheduleChanged,
                of: { "\($0.form["schedule"] ?? "") \($0.form["zone"] ?? "")" }
            ) { visit in
                try await changing(visit) { change in
                    let schedule = visit.form["schedule"] ?? ""
                    let zone = visit.form["zone"] ?? ""
                    try change.set(ConsoleSettings.Checks(schedule: try CronSchedule(schedule), zone: zone))
                }
            },
            change("/zone", .windowsChanged, of: { "zone \($0.form["zone"] ?? "")" }) { visit in
                try await changing(visit) { change in
                    var windows = try automation.settings().windows
                    windows.zone = visit.form["zone"] ?? ""
                    try change.set(windows)
                }
            },
            change("/add", .windowsChanged, of: { "with \(Self.typed($0.form))" }) { visit in
                try await changing(visit) { change in
                    var windows = try automation.settings().windows
                    windows.windows.windows.append(try window(visit.form))
                    try change.set(windows)
                }
            },
            change("/remove", .windowsChanged, of: { "without \($0.form["window"] ?? "")" }) { visit in
                try await changing(visit) { change in
                    var windows = try automation.settings().windows
                    // By what it says, not by its place: somebody else may have changed the list meanwhile.
                    let shown = visit.form["window"] ?? ""
                    windows.windows.windows.removeAll { Self.words($0) == shown }
                    try change.set(windows)
                }
            },
        ]
    }

    static let path = "/settings/schedule"

    private func change(
        _ path: String,
        _ action: AuditAction,
        of subject: @escaping @Sendable (Visit) -> String,
        _ answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> Door {
        .page(.post, Self.path + path, needs: .administer, action: action, of: subject, answer: answer)
    }

    /// A window as it was typed.
    private static func typed(_ form: [String: String]) -> String {
        let days = Weekday.allCases.map(\.short).filter { form["day-\($0)"] != nil }.joined(separator: ",")
        return "\(days) \(form["from"] ?? "")-\(form["to"] ?? "")"
    }

    private func window(_ form: [String: String]) throws(Trouble) -> MaintenanceWindows.Window {
        try MaintenanceWindows.Window(
            on: Set(Weekday.allCases.filter { form["day-\($0.short)"] != nil }),
            from: form["from"] ?? "",
            to: form["to"] ?? ""
        )
    }

    private func changing(_ visit: Visit, _ act: (SettingsChange) throws -> Void) async throws -> Response {
        do {
            try act(SettingsChange(parts: parts, automation: automation, visit: visit))
        } catch let trouble as Trouble where trouble.code == "configuration-setting" {
            return try show(visit, problem: "\(trouble.message) \(trouble.remedy)")
        }
        return .redirect(to: Self.path, type: .normal)
    }

    private static func words(_ window: MaintenanceWindows.Window) -> String {
        "\(window.days.joined(separator: ",")) \(window.opening)-\(window.closing)"
    }

    private func show(_ visit: Visit, problem: String? = nil) throws -> Response {
        let settings = try automation.settings()
        let facts = try automation.facts()
        let page = Page(
            csrf: visit.visitor?.csrf ?? "",
            schedule: problem == nil ? settings.checks.schedule.text : visit.form["schedule"] ?? facts.schedule,
            zone: settings.checks.zone,
            windowsZone: settings.windows.zone,
            presets: CronSchedule.presets.map { Page.Preset(name: $0.name, fields: $0.fields ?? "never") },
            zones: automation.zoneNames,
            next: try automation.preview(settings.checks, count: 3).map {
                Page.Time(at: $0.at.description, scheduled: $0.scheduled.description)
            },
            checkedAt: facts.checkedAt?.description,
            trouble: facts.trouble.map { "\($0.message) \($0.remedy)" },
            windows: settings.windows.windows.windows.enumerated().map { index, window in
                Page.Window(
                    number: index + 1,
                    days: window.days.joined(separator: ","),
                    from: window.opening,
                    to: window.closing
                )
            },
            hasWindows: facts.hasWindows,
            isOpen: facts.isOpen,
            openUntil: facts.opening?.to.description,
            nextFrom: facts.nextOpening?.from.description,
            days: [.monday, .tuesday, .wednesday, .thursday, .friday, .saturday, .sunday].map { (day: Weekday) in
                Page.Day(name: day.short, title: day.name)
            },
            problem: problem
        )
        return parts.renderer.page(
            "settings-schedule",
            page,
            title: "Schedule and windows",
            visitor: visit.visitor,
            status: problem == nil ? .ok : .unprocessableContent,
            here: "/settings"
        )
    }
}
