import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Synchronization
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

struct AuditTests {
    @Test func `what cannot be noted is not done`() async throws {
        let isBroken = Mutex(false)
        try await GuardedConsole.with(records: { FailingTrail(records: $0, fails: { isBroken.withLock(\.self) }) }) {
            console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let admin = try console.browser("ada", client)
                isBroken.withLock { $0 = true }
                let form = ["name": "eve", "role": "viewer", "password": "stapled batteries on horses"]
                #expect(try await admin.post("/settings/users", form).status == .serviceUnavailable)
                #expect(try console.store.accounts().count == 1)
                let signIn = try await Browser(client: client, console: console)
                    .post("/sign-in", ["name": "ada", "password": GuardedConsole.password])
                #expect(signIn.status == .serviceUnavailable)
                #expect(signIn.headers[.setCookie] == nil)
                #expect(try await admin.post("/settings/users/ada/end-sessions").status == .serviceUnavailable)
                #expect(try await admin.get("/settings").status == .ok)
            }
        }
    }

    @Test func `a change that a role does not allow, and a forged one, are noted as refused`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("vic", .viewer)
            try await console.test { client in
                let browser = try console.browser("vic", client)
                #expect(try await browser.post("/settings/users/ada/remove").status == .forbidden)
                #expect(try await browser.post("/sign-out", csrf: false).status == .forbidden)
            }
            #expect(try console.trail() == ["vic user-removed ada refused", "vic sign-out refused"])
        }
    }

    @Test func `what is refused to one person is noted so often an hour, and then that there may be more`() async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("vic", .viewer)
            try await console.add("wyn", .viewer)
            try await console.test { client in
                let vic = try console.browser("vic", client)
                for _ in 0..<(RefusalCount.most + 30) {
                    #expect(try await vic.post("/settings/users/ada/remove").status == .forbidden)
                }
                var lines = try console.trail()
                #expect(lines.count == RefusalCount.most + 1)
                #expect(lines.last == "vic more-refused more within the hour, not noted each refused")
                _ = try await console.browser("wyn", client).post("/settings/users/ada/remove")
                #expect(try console.trail().last == "wyn user-removed ada refused")
                console.clock.advance(seconds: 3600)
                _ = try await console.browser("vic", client).post("/settings/users/ada/remove")
                lines = try console.trail()
                #expect(lines.last == "vic user-removed ada refused" && lines.count == RefusalCount.most + 3)
            }
        }
    }

    @Test func `an export that does not hold every line says so, and where to go on`() async throws {
        try await GuardedConsole.with { console in
            for number in 1...5 {
                try console.store.note(
                    AuditEntry(
                        at: console.clock.now,
                        actor: "ada",
                        address: "-",
                        action: "act-\(number)",
                        subject: "",
                        outcome: .asked
                    )
                )
            }
            let rows = try AuditFilter(text: "").export(of: console.store, most: 3)
            #expect(rows.map(\.action) == ["act-5", "act-4", "act-3", "cut"])
            #expect(rows.last?.subject == "Older lines are not in this file; ask for them with before=3.")
            #expect(CSV.audit(rows).contains("before=3."))
            let rest = try AuditFilter(text: "", before: 3).export(of: console.store, most: 3)
            #expect(rest.map(\.action) == ["act-2", "act-1"])
            #expect(try AuditFilter(text: "").export(of: console.store, most: 5).count == 5)
            try await console.add("ada", .admin)
            try await console.test { client in
                let page = try await console.browser("ada", client).get("/audit.json?before=3")
                #expect(page.text.contains("act-2") && !page.text.contains("act-3"))
                // What was asked for and what was done are told apart.
                let api = try await console.browser("ada", client).get("/api/v1/audit").text
                #expect(api.contains(#""outcome":"asked","subject":"","succeeded":true"#))
            }
        }
    }

    @Test func `a program fetches the whole audit trail piece by piece, and what is new since then`() async throws {
        struct Piece: Decodable {
            struct Line: Decodable {
                var id: Int64
            }

            var entries: [Line]
        }
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            let token = try console.parts.tokens.make("copy", role: .admin, days: 1, for: ada.name, of: .admin).text
            @Sendable func note(_ lines: ClosedRange<Int>) throws {
                for line in lines {
                    try console.store.note(
                        AuditEntry(
                            at: console.clock.now,
                            actor: "ada",
                            address: "192.0.2.1",
                            action: "act",
                            subject: "\(line)",
                            outcome: .done
                        )
                    )
                }
            }
            try await console.test { client in
                let program = Browser(
                    client: client,
                    console: console,
                    fields: [.authorization: "Bearer \(token)"]
                )
                func fetch(after known: Int64) async throws -> [Int64] {
                    var ids: [Int64] = []
                    var place = ""
                    while true {
                        let answer = try await program.get("/api/v1/audit?limit=10" + place)
                        let piece = try JSONDecoder().decode(Piece.self, from: Data(answer.text.utf8)).entries.map(\.id)
                        ids += piece.filter { $0 > known }
                        guard let last = piece.last, last > known + 1 else { return ids.reversed() }
                        place = "&before=\(last)"
                    }
                }
                try note(1...25)
                #expect(try await fetch(after: 0) == Array(1...25))
                try note(26...47)
                #expect(try await fetch(after: 25) == Array(26...47))
            }
        }
    }

    @Test func `every change that passes a door is noted before and after, by whom and from where`() async throws {
        let failing = Door.api(.post, "/api/v1/try/:id", needs: .operate, action: .abort) { visit in
            guard visit.parameter("id") == "1" else {
                throw Trouble(.environment, "x", "It broke.", changed: true, remedy: "-")
            }
            return .redirect(to: "/done")
        }
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .operator)
            let token = try console.parts.tokens.make("ci", role: .operator, days: 1, for: ada.name, of: .operator).text
            try await console.test(adding: [failing]) { client in
                var program = Browser(client: client, console: console)
                program.fields[.authorization] = "Bearer \(token)"
                _ = try await program.post("/api/v1/try/1")
                _ = try await program.post("/api/v1/try/2")
            }
            #expect(
                try console.trail() == [
                    "ada (token ci) abort 1 asked", "ada (token ci) abort 1 done", "ada (token ci) abort 2 asked",
                    "ada (token ci) abort 2 failed",
                ]
            )
            #expect(try console.store.audit(before: nil, limit: 9).allSatisfy { !$0.address.isEmpty })
        }
    }

    @Test func `every change is called what the table says, and none is noted without what it was of`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                for door in console.parts.doors() where door.isChange && !door.notesItself {
                    #expect(door.action != nil, "\(door.path)")
                    console.clock.advance(seconds: 1)
                    let before = try console.trail().count
                    let path = door.path.split(separator: "/", omittingEmptySubsequences: false)
                        .map { $0.hasPrefix(":") ? "none" : $0 }.joined(separator: "/")
                    _ = try await console.browser("ada", client).ask(door, at: path)
                    #expect(try console.trail().count > before, "\(path)")
                }
            }
            for line in try console.store.audit(before: nil, limit: 1000) {
                #expect(AuditAction(rawValue: line.action) != nil, "\(line.action)")
                #expect(!line.subject.isEmpty || line.action == "sign-out", "\(line.action)")
            }
        }
    }

    @Test func `the trail says of a run what was asked for, the same for pages and API`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let other = try console.person(.admin)
            try await console.app.test(.router) { client in
                let body = #"{"kind":"upgrade","to":"2026.2.1","rehearse":true,"outsideWindow":true}"#
                let answer = try await person.post("/api/v1/runs", body, to: client)
                let run = try #require(try answer.value("id"))
                let trail = try console.store.audit(before: nil, limit: 9).reversed().map {
                    "\($0.action) \($0.subject) \($0.outcome)"
                }
                let words = "upgrade 2026.2.1, rehearsed, outside windows"
                #expect(trail == ["\(words) asked", "\(words): run \(run) done"])
                _ = try await other.post(
                    "/api/v1/runs",
                    #"{"kind":"restore","backup":"20260101T000000Z-1.0"}"#,
                    to: client
                )
                let restore = try #require(try console.store.audit(before: nil, limit: 1).first)
                #expect(restore.action == "restore" && restore.subject == "20260101T000000Z-1.0")
                _ = try await other.post("/api/v1/runs/\(run)/retry", #"{"to":"2026.2.2"}"#, to: client)
                let retry = try #require(try console.store.audit(before: nil, limit: 1).first)
                #expect(retry.action == "retry" && retry.subject == "\(run) to 2026.2.2")
                _ = try await other.post("/api/v1/runs/\(run)/retry", #"{"restoredElsewhere":true}"#, to: client)
                let elsewhere = try #require(try console.store.audit(before: nil, limit: 1).first)
                #expect(elsewhere.subject == "\(run), restored elsewhere")
                _ = try await other.post("/api/v1/retention/prune", #"{"removed":["b","a"]}"#, to: client)
                let prune = try #require(try console.store.audit(before: nil, limit: 1).first)
                #expect(prune.action == "prune" && prune.subject == "2 sets: b a" && prune.outcome == .refused)
            }
        }
    }

    @Test func `only doors that find out who asks write their own lines`() async throws {
        try await GuardedConsole.with { console in
            let own = console.parts.doors().filter { $0.isChange && $0.notesItself }.map(\.path)
            #expect(own.sorted() == ["/confirm", "/first-start", "/sign-in", "/sign-in/code"])
        }
    }
}

/// Records whose audit trail can be made unwritable.
struct FailingTrail: AccessRecords {
    let records: any AccessRecords
    let fails: @Sendable () -> Bool

    func note(_ entry: AuditEntry) throws(Trouble) {
        if fails() { throw Trouble(.environment, "state-unusable", "The disk is full.", remedy: "Make room.") }
        try records.note(entry)
    }

    func take(_ request: KeyedRequest, at moment: Moment) throws(Trouble) -> KeyStanding {
        try records.take(request, at: moment)
    }
    func keep(_ answer: KeptAnswer, of request: KeyedRequest) throws(Trouble) { try records.keep(answer, of: request) }
    func release(_ request: KeyedRequest) throws(Trouble) { try records.release(request) }
    func accounts() throws(Trouble) -> [Account] { try records.accounts() }
    func account(_ name: AccountName) throws(Trouble) -> Account? { try records.account(name) }
    func put(_ account: Account) throws(Trouble) { try records.put(account) }
    func add(_ account: Account, by session: String?) throws(Trouble) -> Bool {
        try records.add(account, by: session)
    }
    func putFirst(_ account: Account) throws(Trouble) -> Bool { try records.putFirst(account) }
    func removeAccount(_ name: AccountName) throws(Trouble) { try records.removeAccount(name) }
    func session(_ id: String) throws(Trouble) -> SessionRecord? { try records.session(id) }
    func sessions(of name: AccountName) throws(Trouble) -> [SessionRecord] { try records.sessions(of: name) }
    func signedIn(_ session: String) throws(Trouble) -> (session: SessionRecord, account: Account)? {
        try records.signedIn(session)
    }
    func set(_ role: Role, of name: AccountName) throws(Trouble) { try records.set(role, of: name) }
    func set(
        _ password: GivenPassword,
        of name: AccountName,
        shown: Account?,
        revokingTokens: Bool,
        by session: String?
    ) throws(Trouble) -> Int? {
        try records.set(password, of: name, shown: shown, revokingTokens: revokingTokens, by: session)
    }
    func reset(_ name: AccountName, to password: GivenPassword, keepingTokens: Bool) throws(Trouble) -> LostAccess? {
        try records.reset(name, to: password, keepingTokens: keepingTokens)
    }
    func begin(_ session: SessionRecord, shown: Account, insteadOf other: String?, oldest: Moment, most: Int)
        throws(Trouble) -> Bool
    { try records.begin(session, shown: shown, insteadOf: other, oldest: oldest, most: most) }
    func renew(_ id: String, as session: SessionRecord, shown: Account?) throws(Trouble) -> Bool {
        try records.renew(id, as: session, shown: shown)
    }
    func put(_ session: SessionRecord) throws(Trouble) { try records.put(session) }
    func removeSession(_ id: String) throws(Trouble) { try records.removeSession(id) }
    func removeSessions(of name: AccountName, except id: String?) throws(Trouble) {
        try records.removeSessions(of: name, except: id)
    }
    func tokens(of name: AccountName?) throws(Trouble) -> [TokenRecord] { try records.tokens(of: name) }
    func bearer(_ digest: String) throws(Trouble) -> (token: TokenRecord, account: Account)? {
        try records.bearer(digest)
    }
    func put(_ token: TokenRecord, by session: String?) throws(Trouble) -> Bool {
        try records.put(token, by: session)
    }
    func touch(_ token: TokenRecord, at moment: Moment) throws(Trouble) { try records.touch(token, at: moment) }
    func removeToken(_ id: String) throws(Trouble) { try records.removeToken(id) }
    func isKnown(_ address: String, of name: String) throws(Trouble) -> Bool { try records.isKnown(address, of: name) }
    func isKnown(_ address: String) throws(Trouble) -> Bool { try records.isKnown(address) }
    func remember(_ address: String, of name: AccountName, at moment: Moment) throws(Trouble) {
        try records.remember(address, of: name, at: moment)
    }
    func secondFactor(of name: AccountName) throws(Trouble) -> SecondFactor? { try records.secondFactor(of: name) }
    func put(_ factor: SecondFactor, recoveryCodes digests: [String], by session: String?) throws(Trouble) -> Bool {
        try records.put(factor, recoveryCodes: digests, by: session)
    }
    func setRecoveryCodes(_ digests: [String], of name: AccountName, by session: String?) throws(Trouble) -> Bool {
        try records.setRecoveryCodes(digests, of: name, by: session)
    }
    func use(step: Int64, of factor: SecondFactor) throws(Trouble) -> Bool { try records.use(step: step, of: factor) }
    func use(recoveryCode digest: String, of name: AccountName) throws(Trouble) -> Bool {
        try records.use(recoveryCode: digest, of: name)
    }
    func removeSecondFactor(of name: AccountName) throws(Trouble) -> Bool {
        try records.removeSecondFactor(of: name)
    }
    func needsSecondFactor() throws(Trouble) -> Bool { try records.needsSecondFactor() }
    func setNeedsSecondFactor(_ isNeeded: Bool) throws(Trouble) { try records.setNeedsSecondFactor(isNeeded) }
    func audit(before: Int64?, limit: Int) throws(Trouble) -> [AuditEntry] {
        try records.audit(before: before, limit: limit)
    }
}
