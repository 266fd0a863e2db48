import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// Who is told of what.
struct NotificationDoors: Sendable {
    let parts: ConsoleParts
    let automation: Automation

    /// What the list shows.
    struct Page {
        struct Row {
            var id: String
            var name: String
            var kind: String
            var place: String
            var events: [String]
            var isOn: Bool
            var failure: Prose?
        }

        var csrf: String
        var channels: [Row]
        var hasChannels: Bool
        var allowsLocal: Bool
        var tested: String?
        var testFailed: Bool
        var problem: String?
    }

    /// What the form of a channel shows. Secrets are not among it.
    struct Form {
        struct Event {
            var name: String
            var title: String
            var isChosen: Bool
        }

        struct Choice {
            var name: String
            var title: String
            var isChosen: Bool
        }

        var csrf: String
        var action: String
        var kind: String
        var isNew: Bool
        var isWebhook: Bool
        var isSlack: Bool
        var isMail: Bool
        var name: String
        var isOn: Bool
        var address: String?
        var host: String
        var port: String
        var protections: [Choice]
        var user: String
        var from: String
        var to: String
        var events: [Event]
        var problem: String?
    }

    static let path = "/settings/notifications"

    func all() -> [Door] {
        [
            .page(.get, Self.path, needs: .administer) { visit in try list(visit) },
            .page(.get, Self.path + "/:id", needs: .administer) { visit in
                let id = visit.parameter("id")
                if id == "new" {
                    let kind = visit.query("kind") ?? ""
                    guard ["webhook", "slack", "mail"].contains(kind) else { throw Refusal.notFound }
                    return form(visit, nil, kind: kind)
                }
                let channel = try channel(id)
                return form(visit, channel, kind: channel.route.kind)
            },
            act(
                Self.path,
                .notificationsChanged,
                of: { "local addresses " + ($0.form["allowsLocal"] != nil ? "allowed" : "not allowed") }
            ) { visit in
                try change(visit).set(settings { $0.allowsLocal = visit.form["allowsLocal"] != nil })
                return .redirect(to: Self.path, type: .normal)
            },
            act(Self.path + "/:id", .notificationsChanged, of: { $0.form["name"].given ?? name($0) }) { visit in
                try save(visit)
            },
            act(Self.path + "/:id/remove", .notificationsChanged, of: { "without " + name($0) }) { visit in
                let id = visit.parameter("id")
                try change(visit).set(settings { $0.channels.removeAll { $0.id == id } })
                return .redirect(to: Self.path, type: .normal)
            },
            act(Self.path + "/:id/test", .notificationTested, of: { name($0) }) { visit in
                let channel = try channel(visit.parameter("id"))
                let result = try await change(visit).test(channel.id)
                let words = result.isSent ? "taken by the receiver" : "not sent"
                return try list(
                    visit,
                    tested: "Test of \(channel.name): \(words) – \(result.answer).",
                    failed: !result.isSent
                )
            },
        ]
    }

    private func act(
        _ path: String,
        _ action: AuditAction,
        of subject: @escaping @Sendable (Visit) -> String,
        _ answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> Door {
        .page(.post, path, needs: .administer, action: action, of: subject, answer: answer)
    }

    /// What people call the channel that the path names; its id where there is none.
    private func name(_ visit: Visit) -> String {
        let id = visit.parameter("id")
        return (try? channel(id).name) ?? id
    }

    private func channel(_ id: String) throws -> NoticeChannel {
        guard let channel = try automation.settings().notifications.channels.first(where: { $0.id == id }) else {
            throw Refusal.notFound
        }
        return channel
    }

    private func change(_ visit: Visit) -> SettingsChange {
        SettingsChange(parts: parts, automation: automation, visit: visit)
    }

    private func settings(
        _ change: (inout ConsoleSettings.Notifications) -> Void
    ) throws -> ConsoleSettings.Notifications {
        var settings = try automation.settings().notifications
        change(&settings)
        return settings
    }

    private func save(_ visit: Visit) throws -> Response {
        let id = visit.parameter("id")
        let old = id == "new" ? nil : try channel(id)
        let kind = old?.route.kind ?? visit.form["kind"] ?? ""
        do {
            let new = try Self.given(visit.form, kind: kind).channel(after: old)
            try change(visit).set(
                settings { settings in
                    if let index = settings.channels.firstIndex(where: { $0.id == new.id }) {
                        settings.channels[index] = new
                    } else {
                        settings.channels.append(new)
                    }
                }
            )
        } catch let trouble as Trouble where trouble.code == "configuration-setting" {
            return form(visit, old, kind: kind, problem: "\(trouble.message) \(trouble.remedy)")
        } catch Refusal.invalid(let why) {
            return form(visit, old, kind: kind, problem: why)
        }
        return .redirect(to: Self.path, type: .normal)
    }

    /// A form's fields as the API would have them.
    private static func given(_ form: [String: String], kind: String) -> NotificationsDocument.GivenChannel {
        let to = (form["to"] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
        return NotificationsDocument.GivenChannel(
            id: nil,
            name: form["name"] ?? "",
            on: form["on"] != nil,
            kind: kind,
            events: NoticeKind.choices.map(\.rawValue).filter { form["event-\($0)"] != nil },
            url: form["url"],
            secret: form["secret"],
            mail: kind != "mail"
                ? nil
                : NotificationsDocument.GivenChannel.Mail(
                    host: form["host"] ?? "",
                    port: Int(form["port"] ?? "") ?? 0,
                    protection: form["protection"] ?? "",
                    user: form["user"],
                    password: form["password"],
                    from: form["from"] ?? "",
                    to: to
                )
        )
    }

    private func list(_ visit: Visit, tested: String? = nil, failed: Bool = false) throws -> Response {
        let settings = try automation.settings().notifications
        let failing = try automation.facts().failing
        let rows = settings.channels.map { channel in
            Page.Row(
                id: channel.id,
                name: channel.name,
                kind: Self.title(channel.route.kind),
                place: channel.route.place,
                events: NoticeKind.choices.filter(channel.kinds.contains).map(\.title),
                isOn: channel.isOn,
                failure: failing.first { $0.id == channel.id }.map { Prose("\($0.triedAt): \($0.answer)") }
            )
        }
        let page = Page(
            csrf: visit.visitor?.csrf ?? "",
            channels: rows,
            hasChannels: !rows.isEmpty,
            allowsLocal: settings.allowsLocal,
            tested: tested,
            testFailed: failed,
            problem: nil
        )
        return parts.renderer.page(
            "settings-notifications",
            page,
            title: "Notifications",
            visitor: visit.visitor,
            here: "/settings"
        )
    }

    private static func title(_ kind: String) -> String {
        switch kind {
        case "webhook": "Webhook"
        case "slack": "Slack-compatible"
        default: "Mail"
        }
    }

    private func form(_ visit: Visit, _ channel: NoticeChannel?, kind: String, problem: String? = nil) -> Response {
        let typed = problem == nil ? nil : visit.form
        var mail: MailRoute?
        if case .mail(let route)? = channel?.route { mail = route }
        var address: String?
        if case .webhook(let target, _)? = channel?.route { address = target.shown }
        if case .slack(let target)? = channel?.route { address = target.shown }
        let protection = typed?["protection"] ?? mail?.protection.rawValue ?? "starttls"
        let page = Form(
            csrf: visit.visitor?.csrf ?? "",
            action: "\(Self.path)/\(channel?.id ?? "new")",
            kind: kind,
            isNew: channel == nil,
            isWebhook: kind == "webhook",
            isSlack: kind == "slack",
            isMail: kind == "mail",
            name: typed?["name"] ?? channel?.name ?? "",
            isOn: typed.map { $0["on"] != nil } ?? channel?.isOn ?? true,
            address: address,
            host: typed?["host"] ?? mail?.host ?? "",
            port: typed?["port"] ?? mail.map { String($0.port) } ?? "587",
            protections: [
                ("starttls", "STARTTLS, usually port 587"), ("tls", "TLS from the beginning, usually port 465"),
                ("none", "None, without a password"),
            ].map { Form.Choice(name: $0.0, title: $0.1, isChosen: $0.0 == protection) },
            user: typed?["user"] ?? mail?.user ?? "",
            from: typed?["from"] ?? mail?.from.text ?? "",
            to: typed?["to"] ?? mail?.to.map(\.text).joined(separator: ", ") ?? "",
            events: NoticeKind.choices.map { event in
                Form.Event(
                    name: event.rawValue,
                    title: event.title,
                    isChosen: typed.map { $0["event-\(event.rawValue)"] != nil } ?? channel?.kinds.contains(event)
                        ?? (event != .runStarted)
                )
            },
            problem: problem
        )
        return parts.renderer.page(
            "settings-channel",
            page,
            title: channel?.name ?? "New channel",
            visitor: visit.visitor,
            status: problem == nil ? .ok : .unprocessableContent,
            here: "/settings"
        )
    }
}
