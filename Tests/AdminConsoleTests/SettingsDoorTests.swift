import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Reports
import StateStore
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

/// The settings of what the console does by itself, over real HTTP and the real store.
struct SettingsDoorTests {
    /// A receiver that notes where things go.
    final class Post: NoticeSender {
        private let list = Mutex<[NoticeChannel.Route]>([])
        var routes: [NoticeChannel.Route] { list.withLock(\.self) }
        func send(_ notice: Notice, to route: NoticeChannel.Route, allowsLocal: Bool) async -> SendResult {
            list.withLock { $0.append(route) }
            return SendResult(isSent: false, answer: "HTTP 503")
        }
    }

    struct Zones: ZoneBook {
        var names: [String] { ["UTC", "Europe/Madrid"] }
        func rules(of name: String, around moment: Moment) -> ZoneRules? {
            switch name {
            case "UTC": .utc
            case "Europe/Madrid": ZoneRules(name: name, offset: 3600)
            default: nil
            }
        }
    }

    /// 2026-11-18T11:06:40Z, a Wednesday.
    static let now = Moment(wholeSeconds: 1_795_000_000)

    struct World {
        let store: StateStore
        let post: Post
        let client: any TestClientProtocol
        let parts: ConsoleParts

        /// A request by somebody with a role; nil for nobody.
        func ask(
            _ method: HTTPRequest.Method,
            _ path: String,
            as role: Role? = .admin,
            json: String? = nil,
            form: String? = nil,
            key: String? = nil
        ) async throws -> (status: Int, body: String) {
            var headers: HTTPFields = [:]
            var body = json
            if let role {
                let name = try #require(AccountName(role.rawValue))
                let account = Account(
                    name: name,
                    role: role,
                    password: nil,
                    createdAt: SettingsDoorTests.now,
                    passwordSetAt: SettingsDoorTests.now
                )
                try store.put(account)
                let cookie = try #require(try parts.sessions.begin(account, address: "192.0.2.1", agent: "test"))
                headers[.cookie] = "\(Sessions.cookie)=\(cookie.value)"
                let csrf = try parts.sessions.visitor(cookie.value)?.csrf ?? ""
                if let name = HTTPField.Name("X-CSRF-Token") { headers[name] = csrf }
            }
            if json != nil { headers[.contentType] = "application/json" }
            if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
            if let form {
                headers[.contentType] = "application/x-www-form-urlencoded"
                body = form
            }
            return try await client.execute(
                uri: path,
                method: method,
                headers: headers,
                body: body.map { ByteBuffer(string: $0) }
            ) { (Int($0.status.code), String(buffer: $0.body)) }
        }
    }

    private func withWorld(_ body: @Sendable @escaping (World) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/pawl-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try StateStore(in: DataFolder(path, create: true))
        let post = Post()
        let automation = Automation(
            Automation.Parts(
                records: store,
                journal: store,
                sender: post,
                zones: Zones(),
                installation: "shop",
                ask: { ReleaseNews(newer: nil, installed: nil, standing: nil) },
                recall: { ReleaseNews(newer: nil, installed: nil, standing: nil) },
                isOnDuty: { true },
                clean: { $0 },
                now: { Self.now }
            )
        )
        let parts = try ConsoleParts(desk: EmptyDesk(), records: store, automation: automation, now: { Self.now })
        try await Application(router: parts.router()).test(.router) { client in
            try await body(World(store: store, post: post, client: client, parts: parts))
        }
    }

    /// What `pawl status` says over these settings.
    private func status(_ automation: AutomationFacts?) throws -> StatusReport {
        var facts = StatusReport.Facts(
            product: Product(
                name: "demo",
                title: "Demo",
                supportWindow: try #require(SupportPolicy(months: 12)),
                databases: []
            ),
            deployment: .singleVM,
            installed: nil,
            drifted: [],
            isRunning: true,
            catalog: nil,
            plan: nil,
            today: Self.now.day,
            sets: [],
            highWaterMark: nil,
            run: nil,
            troubles: []
        )
        facts.automation = automation
        return StatusReport(facts)
    }

    @Test func `the status says when the source is asked next and when the next window opens`() async throws {
        try await withWorld { world in
            let automation = try #require(world.parts.automation)
            let first = try status(automation.facts())
            #expect(first.checks?.next?.scheduled == "2026-11-18T12:00:00Z")
            #expect(first.text.contains("Next check    2026-11-18T12:"))
            #expect(first.text.contains("Window        none is set"))
            let windows = #"{"zone":"UTC","windows":[{"days":["sat"],"from":"22:00","to":"04:00"}]}"#
            #expect(try await world.ask(.put, "/api/v1/settings/windows", json: windows).status == 200)
            let never = #"{"schedule":"@never","zone":"UTC"}"#
            #expect(try await world.ask(.put, "/api/v1/settings/schedule", json: never).status == 200)
            let second = try status(automation.facts())
            #expect(second.checks?.next == nil && second.text.contains("Next check    none by itself (@never)"))
            #expect(second.windows?.next?.from == "2026-11-21T22:00:00Z")
            #expect(second.text.contains("closed; the next is from 2026-11-21T22:00:00Z to"))
            let open = #"{"zone":"UTC","windows":[{"days":["wed"],"from":"10:00","to":"12:00"}]}"#
            #expect(try await world.ask(.put, "/api/v1/settings/windows", json: open).status == 200)
            let third = try status(automation.facts()).text
            #expect(third.contains("open until 2026-11-18T12:00:00Z, then from 2026-11-25"))
            // Where it cannot be told nothing is said.
            #expect(try !status(nil).text.contains("Window") && status(nil).checks == nil)
        }
    }

    static let secret = "a-secret-that-nobody-sees"
    static let webhook = """
        {"allowsLocal":false,"channels":[{"name":"ops","on":true,"kind":"webhook","events":["run-started","new-version"],\
        "url":"https://hooks.example.org/services/hidden-path","secret":"\(secret)"}]}
        """

    @Test(arguments: [
        "/api/v1/settings/schedule", "/api/v1/settings/windows", "/api/v1/settings/notifications", "/settings/schedule",
        "/settings/notifications", "/settings/notifications/new?kind=mail",
    ])
    func `only an admin sees or changes settings`(path: String) async throws {
        try await withWorld { world in
            let admin = try await world.ask(.get, path)
            #expect(admin.status == 200)
            for role in [Role.viewer, .operator] {
                #expect(try await world.ask(.get, path, as: role).status == 403)
                if path.hasPrefix("/api") {
                    #expect(try await world.ask(.put, path, as: role, json: Self.webhook).status == 403)
                }
            }
            #expect([401, 303, 302].contains(try await world.ask(.get, path, as: nil).status))
            #expect(try world.store.settings() == ConsoleSettings())
        }
    }

    @Test func `a schedule is set, shown with its next times, and noted`() async throws {
        try await withWorld { world in
            let set = try await world.ask(
                .put,
                "/api/v1/settings/schedule",
                json: #"{"schedule":"30 2 * * *","zone":"Europe/Madrid"}"#
            )
            #expect(set.status == 200 && set.body.contains(#""scheduled":"2026-11-19T01:30:00Z""#))
            let automation = try await world.ask(.get, "/api/v1/automation", as: .viewer)
            #expect(automation.status == 200 && automation.body.contains(#""schedule":"30 2 * * *""#))
            let noted = try #require(
                try world.store.audit(before: nil, limit: 10).first { $0.action == "schedule-changed" }
            )
            #expect(noted.action == "schedule-changed" && noted.subject == "30 2 * * * Europe/Madrid")
            #expect(noted.actor == "admin" && noted.succeeded)
        }
    }

    @Test(arguments: [
        ("schedule", #"{"schedule":"60 * * * *","zone":"UTC"}"#, "The minute 60 is not between 0 and 59."),
        ("schedule", #"{"schedule":"@daily","zone":"Mars/Base"}"#, "There is no time zone “Mars/Base”."),
        ("schedule", #"{"zone":"UTC"}"#, "The field “schedule” is missing or of another type."),
        ("schedule", "no JSON", "The body is not a JSON document."),
        (
            "windows", #"{"zone":"UTC","windows":[{"days":["funday"],"from":"10:00","to":"11:00"}]}"#,
            "“funday” is not a day of the week."
        ),
        (
            "windows", #"{"zone":"UTC","windows":[{"days":["mon"],"from":"25:00","to":"11:00"}]}"#,
            "“25:00” is not a time of the day."
        ),
        (
            "notifications",
            #"{"allowsLocal":false,"channels":[{"name":"x","on":true,"kind":"webhook","events":[],"url":"ftp://x","secret":"0123456789abcdef"}]}"#,
            "The address cannot be used for notifications."
        ),
        ("schedule", #"{"schedule":"@daily","zone":"UTC","zoen":"UTC"}"#, "`zoen` is no field of this request."),
        (
            "windows", #"{"zone":"UTC","windows":[{"days":["mon"],"from":"10:00","to":"11:00","until":"12:00"}]}"#,
            "`windows[0].until` is no field of this request."
        ),
        (
            "notifications",
            #"{"allowsLocal":false,"channels":[{"name":"x","on":true,"kind":"slack","events":[],"secrte":"new"}]}"#,
            "`channels[0].secrte` is no field of this request."
        ),
        (
            "notifications",
            #"{"allowsLocal":false,"channels":[{"name":"x","on":true,"kind":"mail","events":[],"mail":{"pasword":"x"}}]}"#,
            "`channels[0].mail.pasword` is no field of this request."
        ),
        (
            "notifications",
            #"{"allowsLocal":false,"channels":[{"id":"gone","name":"x","on":true,"kind":"slack","events":[],"url":"https://x.org/"}]}"#,
            "There is no channel with the id “gone”."
        ),
        (
            "notifications", #"{"allowsLocal":false,"channels":[{"name":"x","on":true,"kind":"pigeon","events":[]}]}"#,
            "There is no kind of channel “pigeon”."
        ),
    ])
    func `what cannot be is refused in words, and nothing changes`(
        place: String,
        json: String,
        message: String
    ) async throws {
        try await withWorld { world in
            let answer = try await world.ask(.put, "/api/v1/settings/\(place)", json: json)
            #expect([400, 422].contains(answer.status))
            let problem = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
            #expect(problem?["detail"] as? String == message)
            #expect(try world.store.settings() == ConsoleSettings())
            #expect(
                try world.store.audit(before: nil, limit: 10).allSatisfy { [.asked, .refused].contains($0.outcome) }
            )
        }
    }

    @Test(arguments: ["schedule", "windows", "notifications"])
    func `what is shown of settings may come back as it is, and changes nothing`(place: String) async throws {
        try await withWorld { world in
            _ = try await world.ask(.put, "/api/v1/settings/notifications", json: Self.webhook)
            let before = try world.store.settings()
            let shown = try await world.ask(.get, "/api/v1/settings/\(place)").body
            #expect(try await world.ask(.put, "/api/v1/settings/\(place)", json: shown).status == 200)
            #expect(try world.store.settings() == before)
        }
    }

    @Test func `windows are set and shown`() async throws {
        try await withWorld { world in
            let set = try await world.ask(
                .put,
                "/api/v1/settings/windows",
                json: #"{"zone":"UTC","windows":[{"days":["wed","thu"],"from":"11:00","to":"12:00"}]}"#
            )
            #expect(set.status == 200 && set.body.contains(#""open":true"#))
            #expect(set.body.contains(#""days":["wed","thu"]"#) && set.body.contains("2026-11-18T12:00:00Z"))
            #expect(set.body.contains(#""from":"2026-11-19T11:00:00Z""#))
        }
    }

    @Test func `secrets go in and never come out`() async throws {
        try await withWorld { world in
            let set = try await world.ask(.put, "/api/v1/settings/notifications", json: Self.webhook)
            #expect(set.status == 200)
            let shown = try await world.ask(.get, "/api/v1/settings/notifications").body
            #expect(shown.contains("https://hooks.example.org/…"))
            let channel = try #require(try world.store.settings().notifications.channels.first)
            let list = try await world.ask(.get, "/settings/notifications")
            let form = try await world.ask(.get, "/settings/notifications/\(channel.id)")
            #expect(list.status == 200 && form.status == 200 && form.body.contains(#"value="ops""#))
            let noted = try world.store.audit(before: nil, limit: 10).map(\.subject).joined()
            for text in [set.body, shown, list.body, form.body, noted] {
                #expect(!text.contains(Self.secret) && !text.contains("hidden-path"))
            }
        }
    }

    @Test func `what is not given again is kept`() async throws {
        try await withWorld { world in
            _ = try await world.ask(.put, "/api/v1/settings/notifications", json: Self.webhook)
            let before = try #require(try world.store.settings().notifications.channels.first)
            let change = """
                {"allowsLocal":true,"channels":[{"id":"\(before.id)","name":"night","on":false,"kind":"webhook",\
                "events":["run-aborted"]}]}
                """
            #expect(try await world.ask(.put, "/api/v1/settings/notifications", json: change).status == 200)
            let after = try #require(try world.store.settings().notifications.channels.first)
            #expect(after.route == before.route && after.id == before.id)
            #expect(after.name == "night" && !after.isOn && after.kinds == [.runAborted])
        }
    }

    @Test func `a password that is kept does not go to another server`() async throws {
        try await withWorld { world in
            func mail(_ host: String, id: String?, password: String?) -> String {
                let fields = [id.map { "\"id\":\"\($0)\"," }, nil].compactMap(\.self).joined()
                let secret = password.map { ",\"password\":\"\($0)\"" } ?? ""
                return """
                    {"allowsLocal":false,"channels":[{\(fields)"name":"m","on":true,"kind":"mail","events":[],"mail":\
                    {"host":"\(host)","port":587,"protection":"starttls","user":"u","from":"a@b.org","to":["c@d.org"]\
                    \(secret)}}]}
                    """
            }
            let place = "/api/v1/settings/notifications"
            #expect(try await world.ask(.put, place, json: mail("one", id: nil, password: "hush-hush")).status == 200)
            let id = try #require(try world.store.settings().notifications.channels.first?.id)
            #expect(try await world.ask(.put, place, json: mail("one", id: id, password: nil)).status == 200)
            #expect(try await world.ask(.put, place, json: mail("two", id: id, password: nil)).status == 400)
            guard case .mail(let route)? = try world.store.settings().notifications.channels.first?.route else {
                Issue.record("no mail")
                return
            }
            #expect(route.host == "one" && route.password == "hush-hush")
        }
    }

    @Test func `a test goes out at once, and the answer is shown`() async throws {
        try await withWorld { world in
            _ = try await world.ask(.put, "/api/v1/settings/notifications", json: Self.webhook)
            let id = try #require(try world.store.settings().notifications.channels.first?.id)
            let api = try await world.ask(.post, "/api/v1/settings/notifications/\(id)/test", json: "{}")
            #expect(api.status == 200 && api.body == #"{"answer":"HTTP 503","sent":false}"#)
            let page = try await world.ask(.post, "/settings/notifications/\(id)/test", form: "")
            #expect(page.status == 200 && page.body.contains("Test of ops: not sent – HTTP 503."))
            #expect(world.post.routes.count == 2)
            let noted = try #require(
                try world.store.audit(before: nil, limit: 10).first { $0.action == "notification-tested" }
            )
            #expect(noted.action == "notification-tested" && noted.subject == "ops" && !noted.succeeded)
            #expect(try await world.ask(.post, "/api/v1/settings/notifications/nobody/test", json: "{}").status == 404)
        }
    }

    @Test func `a test under one key goes out once`() async throws {
        try await withWorld { world in
            _ = try await world.ask(.put, "/api/v1/settings/notifications", json: Self.webhook)
            let id = try #require(try world.store.settings().notifications.channels.first?.id)
            let place = "/api/v1/settings/notifications/\(id)/test"
            let first = try await world.ask(.post, place, json: "{}", key: "k")
            let second = try await world.ask(.post, place, json: "{}", key: "k")
            #expect(first.status == 200 && first == second)
            #expect(world.post.routes.count == 1)
        }
    }

    @Test func `settings are taken as JSON only`() async throws {
        try await withWorld { world in
            for place in ["schedule", "windows", "notifications"] {
                let answer = try await world.ask(.put, "/api/v1/settings/\(place)", form: Self.webhook)
                #expect(answer.status == 415)
            }
            #expect(try world.store.settings() == ConsoleSettings())
        }
    }

    @Test func `of two channels of one name only the one that failed is said to`() async throws {
        try await withWorld { world in
            let target = try WebTarget("https://example.org/")
            let channels = try ["c1", "c2"].map {
                try NoticeChannel(id: $0, name: "ops", isOn: true, kinds: [.newVersion], route: .slack(target))
            }
            try world.store.set(ConsoleSettings.Notifications(channels: channels))
            let notice = Notice(
                id: "new-version/1",
                kind: .newVersion,
                at: Self.now,
                installation: "shop",
                title: "New",
                message: "New."
            )
            try world.store.keep([notice], for: channels, upTo: nil)
            var delivery = try #require(try world.store.waitingDeliveries().first { $0.channel == "c2" })
            delivery.triedAt = Self.now
            delivery.answer = "HTTP 418"
            try world.store.note(delivery)
            let page = try await world.ask(.get, "/settings/notifications").body
            #expect(page.components(separatedBy: "HTTP 418").count == 2)
        }
    }

    @Test func `forms set everything, without JavaScript`() async throws {
        try await withWorld { world in
            let schedule = try await world.ask(
                .post,
                "/settings/schedule",
                form: "schedule=%40daily&zone=Europe%2FMadrid"
            )
            #expect(schedule.status == 303)
            let add = try await world.ask(
                .post,
                "/settings/schedule/add",
                form: "day-sat=on&day-sun=on&from=22:00&to=04:00"
            )
            #expect(add.status == 303)
            #expect(try await world.ask(.post, "/settings/schedule/zone", form: "zone=Europe%2FMadrid").status == 303)
            let page = try await world.ask(.get, "/settings/schedule").body
            #expect(page.contains(#"value="@daily""#) && page.contains("sat,sun 22:00-04:00"))
            #expect(page.contains("No window is open."))
            let remove = try await world.ask(
                .post,
                "/settings/schedule/remove",
                form: "window=sat,sun+22:00-04:00"
            )
            #expect(remove.status == 303)
            let slack = "name=Chat&kind=slack&on=on&event-run-started=on&url=https%3A%2F%2Fexample.org%2Fhook"
            #expect(try await world.ask(.post, "/settings/notifications/new", form: slack).status == 303)
            let settings = try world.store.settings()
            #expect(settings.checks.schedule.text == "@daily" && settings.checks.zone == "Europe/Madrid")
            #expect(settings.windows.windows.windows.isEmpty && settings.windows.zone == "Europe/Madrid")
            let channel = try #require(settings.notifications.channels.first)
            #expect(channel.name == "Chat" && channel.kinds == [.runStarted] && channel.isOn)
            #expect(try await world.ask(.post, "/settings/notifications/\(channel.id)/remove", form: "").status == 303)
            #expect(try world.store.settings().notifications.channels.isEmpty)
        }
    }

    @Test func `what a form gets wrong is said above it, with what was typed`() async throws {
        try await withWorld { world in
            let schedule = try await world.ask(.post, "/settings/schedule", form: "schedule=61+*+*+*+*&zone=UTC")
            #expect(schedule.status == 422 && schedule.body.contains("The minute 61 is not between 0 and 59."))
            #expect(schedule.body.contains(#"value="61 * * * *""#))
            let mail = try await world.ask(
                .post,
                "/settings/notifications/new",
                form:
                    "name=%3Cb%3E&kind=mail&host=mail&port=25&protection=none&user=u&password=hush-hush&from=a%40b&to=c%40d"
            )
            #expect(mail.status == 422 && mail.body.contains("A password would cross the network in the clear."))
            #expect(mail.body.contains("&lt;b&gt;") && !mail.body.contains("hush-hush"))
        }
    }
}
