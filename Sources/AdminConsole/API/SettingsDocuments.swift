import Foundation
import NIOCore
import Reports
import UpgradeEngine
import UpgradeModel

/// The schedule as the API shows and takes it.
enum ScheduleDocument {
    struct Shown: Encodable {
        var schedule: String
        var zone: String
        var presets: [String]
        /// The next three checks.
        var next: [AutomationReport.Planned]

        init(_ automation: Automation) throws {
            let checks = try automation.settings().checks
            schedule = checks.schedule.text
            zone = checks.zone
            presets = CronSchedule.presets.map(\.name)
            next = try automation.preview(checks, count: 3).map { AutomationReport.Planned($0) }
        }
    }

    struct Given: GivenDocument {
        static let shape = FieldShape.schedule

        var schedule: String
        var zone: String

        func checks() throws(Trouble) -> ConsoleSettings.Checks {
            ConsoleSettings.Checks(schedule: try CronSchedule(schedule), zone: zone)
        }
    }
}

/// The maintenance windows as the API shows and takes them.
enum WindowsDocument {
    struct Shown: Encodable {
        var zone: String
        var windows: MaintenanceWindows
        var open: Bool
        @Null var opening: AutomationReport.Opening?
        @Null var next: AutomationReport.Opening?

        init(_ automation: Automation) throws {
            let settings = try automation.settings().windows
            let facts = try automation.facts()
            zone = settings.zone
            windows = settings.windows
            open = facts.isOpen
            opening = facts.opening.map { AutomationReport.Opening($0) }
            next = facts.nextOpening.map { AutomationReport.Opening($0) }
        }
    }

    struct Given: GivenDocument {
        static let shape = FieldShape.windows

        var zone: String
        var windows: MaintenanceWindows

        var setting: ConsoleSettings.Windows { ConsoleSettings.Windows(windows: windows, zone: zone) }
    }
}

/// The channels as the API shows and takes them: secrets go in and never come out.
enum NotificationsDocument {
    struct Shown: Encodable {
        var allowsLocal: Bool
        var channels: [ShownChannel]

        init(_ settings: ConsoleSettings.Notifications) {
            allowsLocal = settings.allowsLocal
            channels = settings.channels.map { ShownChannel($0) }
        }
    }

    struct ShownChannel: Encodable {
        struct Mail: Encodable {
            var host: String
            var port: Int
            var protection: String
            @Null var user: String?
            var hasPassword: Bool
            var from: String
            var to: [String]
        }

        var id: String
        var name: String
        var on: Bool
        var kind: String
        var events: [String]
        /// Scheme and server; the rest of an address may be a secret.
        @Null var address: String?
        @Null var mail: Mail?

        init(_ channel: NoticeChannel) {
            address = nil
            mail = nil
            id = channel.id
            name = channel.name
            on = channel.isOn
            kind = channel.route.kind
            events = NoticeKind.choices.filter(channel.kinds.contains).map(\.rawValue)
            switch channel.route {
            case .webhook(let target, _), .slack(let target): address = target.shown
            case .mail(let route):
                mail = Mail(
                    host: route.host,
                    port: route.port,
                    protection: route.protection.rawValue,
                    user: route.user,
                    hasPassword: route.password != nil,
                    from: route.from.text,
                    to: route.to.map(\.text)
                )
            }
        }
    }

    struct Given: GivenDocument {
        static let shape = FieldShape.notifications

        var allowsLocal: Bool
        var channels: [GivenChannel]

        /// The settings; what is a secret and was not given is taken from the channel of the same id.
        func settings(after old: ConsoleSettings.Notifications) throws -> ConsoleSettings.Notifications {
            let channels = try channels.map { given in
                // One that is gone meanwhile would come back under another id, without its secrets.
                guard given.id == nil || old.channels.contains(where: { $0.id == given.id }) else {
                    throw Refusal.invalid("There is no channel with the id “\(given.id?.prefix(64) ?? "")”.")
                }
                return try given.channel(after: old.channels.first { $0.id == given.id })
            }
            guard Set(channels.map(\.id)).count == channels.count else {
                throw Refusal.invalid("Two channels have the same id.")
            }
            return ConsoleSettings.Notifications(channels: channels, allowsLocal: allowsLocal)
        }
    }

    /// A channel as programs and forms give it.
    struct GivenChannel: Decodable, Sendable {
        struct Mail: Decodable, Sendable {
            var host: String
            var port: Int
            var protection: String
            var user: String?
            var password: String?
            var from: String
            var to: [String]
        }

        var id: String?
        var name: String
        var on: Bool
        var kind: String
        var events: [String]
        var url: String?
        var secret: String?
        var mail: Mail?

        func channel(after old: NoticeChannel?) throws -> NoticeChannel {
            let kinds = try events.map { event in
                guard let kind = NoticeKind.choices.first(where: { $0.rawValue == event }) else {
                    throw Refusal.invalid("There is no event “\(event.prefix(40))”.")
                }
                return kind
            }
            return try NoticeChannel(
                id: old?.id ?? UUID().uuidString.lowercased(),
                name: name,
                isOn: on,
                kinds: Set(kinds),
                route: route(after: old?.route)
            )
        }

        private func route(after old: NoticeChannel.Route?) throws -> NoticeChannel.Route {
            switch kind {
            case "webhook":
                var kept: (WebTarget, String)?
                if case .webhook(let target, let secret) = old { kept = (target, secret) }
                guard let target = try url.given.map({ (text) throws(Trouble) in try WebTarget(text) }) ?? kept?.0,
                    let secret = secret.given ?? kept?.1
                else { throw Refusal.invalid("A webhook needs an address and a secret.") }
                return .webhook(target, secret: secret)
            case "slack":
                var kept: WebTarget?
                if case .slack(let target) = old { kept = target }
                guard let target = try url.given.map({ (text) throws(Trouble) in try WebTarget(text) }) ?? kept else {
                    throw Refusal.invalid("The channel needs the address of its webhook.")
                }
                return .slack(target)
            case "mail": return .mail(try mailRoute(after: old))
            default: throw Refusal.invalid("There is no kind of channel “\(kind.prefix(40))”.")
            }
        }

        private func mailRoute(after old: NoticeChannel.Route?) throws -> MailRoute {
            guard let mail, let protection = MailRoute.Protection(rawValue: mail.protection) else {
                throw Refusal.invalid("Mail needs a server, with starttls, tls or none.")
            }
            var password = mail.password.given
            if password == nil, mail.user.given != nil, case .mail(let kept) = old {
                // A password that is kept goes to nobody but the server that it was given for.
                guard kept.host == mail.host.lowercased(), kept.port == mail.port, kept.protection == protection,
                    kept.user == mail.user
                else {
                    throw Refusal.invalid("The mail server or its account is another one: give the password again.")
                }
                password = kept.password
            }
            return try MailRoute(
                host: mail.host.lowercased(),
                port: mail.port,
                protection: protection,
                user: mail.user.given,
                password: password,
                from: MailAddress(mail.from),
                to: mail.to.map { (text) throws(Trouble) in try MailAddress(text) }
            )
        }
    }
}

/// A document that programs give. What is only shown of it may come back with it, and changes nothing.
protocol GivenDocument: Decodable, Sendable {
    static var shape: FieldShape { get }
}

extension NoticeChannel.Route {
    /// How forms and the API name it.
    var kind: String {
        switch self {
        case .webhook: "webhook"
        case .slack: "slack"
        case .mail: "mail"
        }
    }
}

extension String? {
    /// The text, where there is any.
    var given: String? { flatMap { $0.isEmpty ? nil : $0 } }
}

extension Visit {
    /// The body as a document, which has no other fields than its shape.
    func document<Value: GivenDocument>(_ type: Value.Type) throws -> Value { try reading.once { try read(type) } }

    private func read<Value: GivenDocument>(_ type: Value.Type) throws -> Value {
        try requireJSON()
        try Value.shape.require(Data(body.readableBytesView))
        do {
            return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        } catch let trouble as Trouble {
            throw trouble
        } catch let error as DecodingError {
            throw Refusal.invalid(Self.words(error))
        } catch {
            throw Refusal.invalid("The body is not the JSON document that is asked for.")
        }
    }

    private static func words(_ error: DecodingError) -> String {
        let path: [any CodingKey]
        switch error {
        case .keyNotFound(let key, let context): path = context.codingPath + [key]
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            path = context.codingPath
        @unknown default: path = []
        }
        let name = path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return name.isEmpty ? "The body is not a JSON document." : "The field “\(name)” is missing or of another type."
    }
}
