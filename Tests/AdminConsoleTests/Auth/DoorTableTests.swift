import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import UpgradeModel

@testable import AdminConsole

/// Every door of the console, and the least role that may pass it; nil for anybody. A door without a line fails.
struct DoorTableTests {
    static let table: [String: Role?] = [
        "GET /sign-in": nil,
        "POST /sign-in": nil,
        "GET /sign-in/code": nil,
        "POST /sign-in/code": nil,
        "GET /first-start": nil,
        "POST /first-start": nil,
        "GET /healthz": nil,
        "POST /sign-out": .viewer,
        "GET /confirm": .viewer,
        "POST /confirm": .viewer,
        "GET /": .viewer,
        "GET /api/v1/status": .viewer,
        "GET /settings": .viewer,
        "GET /settings/password": .viewer,
        "POST /settings/password": .viewer,
        "GET /settings/second-factor": .viewer,
        "POST /settings/second-factor": .viewer,
        "POST /settings/second-factor/begin": .viewer,
        "POST /settings/second-factor/recovery-codes": .viewer,
        "POST /settings/second-factor/remove": .viewer,
        "POST /settings/second-factor/everybody": .admin,
        "GET /settings/sessions": .viewer,
        "POST /settings/sessions/end-others": .viewer,
        "POST /settings/sessions/:id/end": .viewer,
        "GET /settings/tokens": .viewer,
        "POST /settings/tokens": .viewer,
        "POST /settings/tokens/:id/revoke": .viewer,
        "GET /settings/users": .admin,
        "POST /settings/users": .admin,
        "POST /settings/users/:name/role": .admin,
        "POST /settings/users/:name/password": .admin,
        "POST /settings/users/:name/second-factor/remove": .admin,
        "POST /settings/users/:name/end-sessions": .admin,
        "POST /settings/users/:name/remove": .admin,
        "GET /settings/certificate": .viewer,
        "GET /settings/about": .viewer,
        "GET /audit": .admin,
        "GET /audit.csv": .admin,
        "GET /audit.json": .admin,
        "DELETE /api/v1/accounts/:name": .admin,
        "DELETE /api/v1/accounts/:name/second-factor": .admin,
        "DELETE /api/v1/accounts/:name/sessions": .admin,
        "DELETE /api/v1/sessions": .viewer,
        "DELETE /api/v1/sessions/:id": .viewer,
        "DELETE /api/v1/tokens/:id": .viewer,
        "GET /api/v1/about": .viewer,
        "GET /api/v1/accounts": .admin,
        "GET /api/v1/accounts/:name": .admin,
        "GET /api/v1/audit": .admin,
        "GET /api/v1/audit.csv": .admin,
        "GET /api/v1/audit.json": .admin,
        "GET /api/v1/automation": .viewer,
        "GET /api/v1/backups": .viewer,
        "GET /api/v1/backups/:id": .viewer,
        "GET /api/v1/backups/:id/restore-outlook": .operator,
        "GET /api/v1/certificate": .viewer,
        "GET /api/v1/events": .viewer,
        "GET /api/v1/jobs": .viewer,
        "GET /api/v1/jobs/:id": .viewer,
        "GET /api/v1/openapi.yaml": nil,
        "GET /api/v1/plan": .viewer,
        "GET /api/v1/releases": .viewer,
        "GET /api/v1/releases/:version": .viewer,
        "GET /api/v1/retention": .viewer,
        "GET /api/v1/services": .viewer,
        "GET /api/v1/runs": .viewer,
        "GET /api/v1/runs.csv": .viewer,
        "GET /api/v1/runs/:id": .viewer,
        "GET /api/v1/runs/:id/events": .viewer,
        "GET /api/v1/runs/:id/log": .viewer,
        "GET /api/v1/runs/:id/log.txt": .viewer,
        "GET /api/v1/runs/:id/logs": .viewer,
        "GET /api/v1/runs/:id/replacements": .viewer,
        "GET /api/v1/runs/:id/report.html": .viewer,
        "GET /api/v1/sessions": .viewer,
        "GET /api/v1/settings/notifications": .admin,
        "GET /api/v1/settings/schedule": .admin,
        "GET /api/v1/settings/second-factor": .admin,
        "GET /api/v1/settings/windows": .admin,
        "GET /api/v1/tokens": .viewer,
        "GET /backups": .viewer,
        "GET /backups/:id": .viewer,
        "GET /backups/:id/restore": .operator,
        "GET /history": .viewer,
        "GET /history.csv": .viewer,
        "GET /history.json": .viewer,
        "GET /metrics": .viewer,
        "GET /readyz": nil,
        "GET /runs/:id": .viewer,
        "GET /runs/:id/log.txt": .viewer,
        "GET /runs/:id/report.html": .viewer,
        "GET /settings/notifications": .admin,
        "GET /settings/notifications/:id": .admin,
        "GET /settings/schedule": .admin,
        "GET /upgrade": .viewer,
        "GET /versions": .viewer,
        "GET /versions/:version": .viewer,
        "POST /api/v1/backups": .operator,
        "POST /api/v1/backups/:id/verify": .operator,
        "POST /api/v1/check": .operator,
        "POST /api/v1/dry-run": .operator,
        "POST /api/v1/preflight": .operator,
        "POST /api/v1/retention/prune": .operator,
        "POST /api/v1/runs": .operator,
        "POST /api/v1/runs/:id/abort": .operator,
        "POST /api/v1/runs/:id/retry": .operator,
        "POST /api/v1/settings/notifications/:id/test": .admin,
        "POST /api/v1/tokens": .viewer,
        "POST /backups": .operator,
        "POST /backups/:id/prove": .operator,
        "POST /backups/:id/restore": .operator,
        "POST /backups/:id/restore/look": .operator,
        "POST /check": .operator,
        "POST /runs/:id/abort": .operator,
        "POST /runs/:id/retry": .operator,
        "POST /settings/notifications": .admin,
        "POST /settings/notifications/:id": .admin,
        "POST /settings/notifications/:id/remove": .admin,
        "POST /settings/notifications/:id/test": .admin,
        "POST /settings/schedule": .admin,
        "POST /settings/schedule/add": .admin,
        "POST /settings/schedule/remove": .admin,
        "POST /settings/schedule/zone": .admin,
        "POST /upgrade": .operator,
        "POST /upgrade/checks": .operator,
        "PUT /api/v1/accounts/:name": .admin,
        "PUT /api/v1/accounts/:name/password": .admin,
        "PUT /api/v1/accounts/:name/role": .admin,
        "PUT /api/v1/settings/notifications": .admin,
        "PUT /api/v1/settings/schedule": .admin,
        "PUT /api/v1/settings/second-factor": .admin,
        "PUT /api/v1/settings/windows": .admin,
    ]

    private static func line(_ door: Door) -> String { "\(door.method) \(door.path)" }

    private static func path(_ door: Door) -> String {
        door.path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(":") || $0.hasPrefix("{") || $0.hasPrefix("*") ? "none" : String($0) }.joined(
                separator: "/"
            )
    }

    @Test func `every door stands in the table, and every line of the table is a door`() async throws {
        try await GuardedConsole.with { console in
            let doors = Set(console.parts.doors().map(Self.line).filter { !$0.hasPrefix("GET /assets/") })
            #expect(doors.subtracting(Self.table.keys).isEmpty)
            #expect(Set(Self.table.keys).subtracting(doors).isEmpty)
        }
    }

    @Test func `each role passes the doors that are meant for it and no other, with a session and with a token`()
        async throws
    {
        try await GuardedConsole.with { console in
            for role in Role.allCases { try await console.add("\(role)-person", role) }
            try await console.add("other-admin", .admin)
            try await console.test { client in
                for role in Role.allCases {
                    let name = try #require(AccountName("\(role)-person"))
                    let token = try console.parts.tokens.make("t", role: role, days: 1, for: name, of: role).text
                    for door in console.parts.doors() {
                        guard let least = Self.table[Self.line(door)] ?? nil else { continue }
                        // The oldest of many sessions end.
                        console.clock.advance(seconds: 1)
                        let person = try console.browser(name.text, client)
                        var program = Browser(client: client, console: console)
                        program.fields[.authorization] = "Bearer \(token)"
                        for browser in [person, program] where door.kind == .api || browser.cookie != nil {
                            let answer = try await browser.ask(door, at: Self.path(door))
                            let isForbidden =
                                answer.status == .forbidden || answer.status == .unauthorized
                                || answer.location.hasPrefix("/sign-in?")
                            let isMeant = role >= least && !(door.refusesTokens && browser.cookie == nil)
                            #expect(isForbidden != isMeant, "\(role) \(Self.line(door)) \(answer.status)")
                        }
                    }
                }
            }
        }
    }

    /// Each change on a page, and the same for programs.
    private static let twins = [
        "POST /check": "POST /api/v1/check",
        "POST /upgrade/checks": "POST /api/v1/dry-run",
        "POST /upgrade": "POST /api/v1/runs",
        "POST /runs/:id/retry": "POST /api/v1/runs/:id/retry",
        "POST /runs/:id/abort": "POST /api/v1/runs/:id/abort",
        "POST /backups": "POST /api/v1/backups",
        "POST /backups/:id/prove": "POST /api/v1/backups/:id/verify",
        "POST /backups/:id/restore": "POST /api/v1/runs",
        "POST /settings/notifications": "PUT /api/v1/settings/notifications",
        "POST /settings/notifications/:id": "PUT /api/v1/settings/notifications",
        "POST /settings/notifications/:id/remove": "PUT /api/v1/settings/notifications",
        "POST /settings/notifications/:id/test": "POST /api/v1/settings/notifications/:id/test",
        "POST /settings/schedule": "PUT /api/v1/settings/schedule",
        "POST /settings/schedule/add": "PUT /api/v1/settings/windows",
        "POST /settings/schedule/remove": "PUT /api/v1/settings/windows",
        "POST /settings/schedule/zone": "PUT /api/v1/settings/windows",
        "POST /settings/second-factor/everybody": "PUT /api/v1/settings/second-factor",
        "POST /settings/sessions/end-others": "DELETE /api/v1/sessions",
        "POST /settings/sessions/:id/end": "DELETE /api/v1/sessions/:id",
        "POST /settings/tokens": "POST /api/v1/tokens",
        "POST /settings/tokens/:id/revoke": "DELETE /api/v1/tokens/:id",
        "POST /settings/users": "PUT /api/v1/accounts/:name",
        "POST /settings/users/:name/role": "PUT /api/v1/accounts/:name/role",
        "POST /settings/users/:name/password": "PUT /api/v1/accounts/:name/password",
        "POST /settings/users/:name/second-factor/remove": "DELETE /api/v1/accounts/:name/second-factor",
        "POST /settings/users/:name/end-sessions": "DELETE /api/v1/accounts/:name/sessions",
        "POST /settings/users/:name/remove": "DELETE /api/v1/accounts/:name",
    ]
    /// What only people do, and what only programs ask for.
    private static let alone: Set<String> = [
        "POST /sign-in", "POST /sign-in/code", "POST /sign-out", "POST /confirm", "POST /first-start",
        "POST /settings/password", "POST /settings/second-factor", "POST /settings/second-factor/begin",
        "POST /settings/second-factor/recovery-codes", "POST /settings/second-factor/remove",
        "POST /backups/:id/restore/look", "POST /api/v1/preflight", "POST /api/v1/retention/prune",
    ]

    @Test func `a change asks for the same right and the same confirmation on a page and over the API`() async throws {
        try await GuardedConsole.with { console in
            let changes = console.parts.doors().filter(\.isChange)
            let doors = Dictionary(uniqueKeysWithValues: changes.map { (Self.line($0), $0) })
            for (page, program) in Self.twins {
                let (page, program) = (try #require(doors[page]), try #require(doors[program]))
                #expect(page.wantsConfirmation == program.wantsConfirmation, "\(Self.line(page))")
                #expect(page.permission == program.permission, "\(Self.line(page))")
            }
            #expect(Set(Self.twins.keys).union(Self.twins.values).union(Self.alone) == Set(doors.keys))
        }
    }

    @Test func `the console takes no files, and hands out none but its own`() async throws {
        try await GuardedConsole.with { console in
            let files = console.parts.doors().map(\.path)
                .filter { $0.split(separator: "/").last?.contains(".") == true && !$0.hasPrefix("/assets/") }
            // Programs get the same as people, but for the history as JSON, which is `GET /api/v1/runs`.
            let own = ["/audit.csv", "/audit.json", "/runs/:id/log.txt", "/runs/:id/report.html"]
            let forPrograms = (own + ["/runs.csv", "/openapi.yaml"]).map { "/api/v1" + $0 }
            #expect(Set(files) == Set(own + ["/history.csv", "/history.json"] + forPrograms))
            try await console.add("ada", .admin)
            try await console.test { client in
                var browser = try console.browser("ada", client)
                browser.fields[.contentType] = "multipart/form-data; boundary=x"
                browser.fields[.origin] = Browser.origin
                for door in console.parts.doors() where door.method == .post && door.permission != nil {
                    let head = "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n"
                    let answer = try await client.executeRequest(
                        uri: Self.path(door),
                        method: .post,
                        headers: browser.headers,
                        body: ByteBuffer(string: head + browser.csrf + "\r\n--x--")
                    )
                    #expect([.forbidden, .unsupportedMediaType].contains(answer.status), "\(door.path)")
                }
            }
        }
    }

    @Test func `nobody passes a door without having signed in but those that are for anybody`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let stranger = Browser(client: client, console: console)
                for door in console.parts.doors() where door.permission != nil {
                    let answer = try await stranger.ask(door, at: Self.path(door))
                    switch door.kind {
                    case .api: #expect(answer.status == .unauthorized)
                    case .page: #expect(answer.location.hasPrefix("/sign-in"))
                    }
                }
            }
            #expect(try console.trail().isEmpty)
        }
    }

    @Test func `every change of a signed-in person without the session's mark is refused`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let browser = try console.browser("ada", client)
                for door in console.parts.doors() where door.method == .post && door.permission != nil {
                    #expect(try await browser.post(Self.path(door), csrf: false).status == .forbidden)
                }
            }
        }
    }

    @Test func `no token gives anybody a way in that would be there when it is gone`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            let name = try #require(AccountName("ada"))
            let token = try console.parts.tokens.make("t", role: .admin, days: 1, for: name, of: .admin).text
            let refusing = console.parts.doors().filter(\.refusesTokens)
            #expect(
                refusing.map(Self.line).sorted() == [
                    "DELETE /api/v1/accounts/:name/second-factor", "POST /api/v1/tokens", "PUT /api/v1/accounts/:name",
                    "PUT /api/v1/accounts/:name/password", "PUT /api/v1/accounts/:name/role",
                    "PUT /api/v1/settings/second-factor",
                ]
            )
            try await console.test { client in
                var program = Browser(client: client, console: console)
                program.fields[.authorization] = "Bearer \(token)"
                for door in refusing {
                    let answer = try await program.ask(door, at: Self.path(door))
                    #expect(answer.status == .forbidden && answer.text.contains(#""code":"session-needed""#))
                    console.clock.advance(seconds: 1)
                    let browser = try console.browser("ada", client)
                    console.clock.advance(seconds: 601)
                    let late = try await browser.ask(door, at: Self.path(door))
                    #expect(late.status == .forbidden && late.text.contains(#""code":"confirmation-needed""#))
                }
            }
            #expect(
                try console.trail().count == refusing.count && console.trail().allSatisfy { $0.hasSuffix("refused") }
            )
        }
    }

    @Test func `a token opens no page`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            let name = try #require(AccountName("ada"))
            let token = try console.parts.tokens.make("t", role: .admin, days: 1, for: name, of: .admin).text
            try await console.test { client in
                var program = Browser(client: client, console: console)
                program.fields[.authorization] = "Bearer \(token)"
                for door in console.parts.doors() where door.kind == .page && door.permission != nil {
                    let answer = try await program.ask(door, at: Self.path(door))
                    #expect(answer.location.hasPrefix("/sign-in"))
                }
            }
        }
    }
}
