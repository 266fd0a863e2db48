import Foundation
import GRDB
import StateStore
import Testing
import UpgradeModel

@Suite struct AccessTests {
    private let moment = Moment(microseconds: 1_795_000_000_000_000)

    private func account(_ name: String, _ role: Role) throws -> Account {
        Account(
            name: try #require(AccountName(name)),
            role: role,
            password: PasswordDigest(text: "scrypt$1"),
            createdAt: moment,
            passwordSetAt: moment
        )
    }

    private func session(_ id: String, of account: Account) -> SessionRecord {
        SessionRecord(
            id: id,
            account: account.name,
            createdAt: moment,
            seenAt: moment,
            confirmedAt: moment,
            address: "::1",
            agent: "test"
        )
    }

    private func token(_ digest: String, of account: Account) -> TokenRecord {
        TokenRecord(
            digest: digest,
            name: digest,
            account: account.name,
            role: .viewer,
            createdAt: moment,
            expiresAt: moment
        )
    }

    private func factor(_ account: Account) -> SecondFactor {
        SecondFactor(account: account.name, secret: Array(repeating: 1, count: 20), setAt: moment, newestStep: 0)
    }

    private func password(_ text: String) -> GivenPassword {
        GivenPassword(digest: PasswordDigest(text: text), setAt: moment, isGiven: true)
    }

    private func entry(_ subject: String) -> AuditEntry {
        AuditEntry(at: moment, actor: "ada", address: "::1", action: "try", subject: subject, outcome: .done)
    }

    @Test func `an audit trail that somebody changed is read and never written to again`() async throws {
        for damage in [
            "UPDATE audit SET subject = 'x' WHERE id = 2", "DELETE FROM audit WHERE id = 3",
            "DELETE FROM audit WHERE id = 1",
            "UPDATE audit SET outcome = 'refused' WHERE id = 1",
        ] {
            try await withDataFolder { folder in
                let store = try StateStore(in: folder)
                for subject in ["1", "2", "3"] { try store.note(entry(subject)) }
                #expect(try StateStore(in: folder).safeMode == nil)
                let queue = try DatabaseQueue(path: folder.database)
                try await queue.write { database in
                    try database.execute(sql: "DROP TRIGGER audit_is_for_good_1; DROP TRIGGER audit_is_for_good_2")
                    try database.execute(sql: damage)
                }
                let damaged = try StateStore(in: folder)
                #expect(damaged.safeMode?.code == "journal-broken")
                #expect(try damaged.audit(before: nil, limit: 9).count >= 2)
                #expect(throws: Trouble.self) { try damaged.note(entry("4")) }
            }
        }
    }

    @Test func `a long audit trail is walked from its mark at the opening, and wholly when it is verified`()
        async throws
    {
        let damages: [(sql: String, isSeenAtOpening: Bool)] = [
            ("UPDATE audit SET subject = 'x' WHERE id = 5", false), ("DELETE FROM audit WHERE id = 700", false),
            ("UPDATE audit SET subject = 'x' WHERE id = 2040", true), ("DELETE FROM audit WHERE id = 2050", true),
            ("UPDATE audit SET hash = zeroblob(32) WHERE id = 2000", true),
        ]
        try await withDataFolder { original in
            let store = try StateStore(in: original)
            for line in 1...2050 { try store.note(entry("\(line)")) }
            try await store.verifyAuditTrail()
            for (number, damage) in damages.enumerated() {
                let path = original.path + "-\(number)"
                try FileManager.default.copyItem(atPath: original.path, toPath: path)
                defer { try? FileManager.default.removeItem(atPath: path) }
                let folder = try DataFolder(path, create: false)
                let store = try StateStore(in: folder)
                let queue = try DatabaseQueue(path: folder.database)
                try await queue.write { database in
                    try database.execute(sql: "DROP TRIGGER audit_is_for_good_1; DROP TRIGGER audit_is_for_good_2")
                    try database.execute(sql: damage.sql)
                }
                #expect(try (StateStore(in: folder).safeMode != nil) == damage.isSeenAtOpening, "\(damage.sql)")
                await #expect(throws: Trouble.self, "\(damage.sql)") { try await store.verifyAuditTrail() }
                // From then on nothing is written, by whoever has it open and by whoever opens it.
                #expect(throws: Trouble.self) { try store.note(entry("more")) }
                #expect(try StateStore(in: folder).safeMode?.code == "journal-broken")
            }
        }
    }

    @Test func `not even SQL changes or removes a line of the audit trail`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            try store.note(entry("1"))
            let queue = try DatabaseQueue(path: folder.database)
            for sql in ["UPDATE audit SET subject = 'x'", "DELETE FROM audit"] {
                await #expect(throws: DatabaseError.self) {
                    try await queue.write { try $0.execute(sql: sql) }
                }
            }
            #expect(try store.audit(before: nil, limit: 9).map(\.subject) == ["1"])
        }
    }

    @Test func `only the very first account can be made as the first`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            #expect(try store.putFirst(account("ada", .admin)))
            #expect(try !store.putFirst(account("eve", .admin)))
            #expect(try store.accounts().map(\.name.text) == ["ada"])
        }
    }

    @Test func `no change leaves an installation without an admin, and what goes takes its sessions and tokens along`()
        async throws
    {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let (ada, eve) = (try account("ada", .admin), try account("eve", .admin))
            try store.put(ada)
            #expect(throws: Trouble.self) { try store.removeAccount(ada.name) }
            #expect(throws: Trouble.self) { try store.put(account("ada", .viewer)) }
            try store.put(eve)
            let token = token("d", of: ada)
            #expect(try store.put(token, by: nil))
            let session = session("s", of: ada)
            #expect(try store.begin(session, shown: ada, insteadOf: nil, oldest: moment, most: 20))
            try store.remember("::1", of: ada.name, at: moment)
            #expect(try store.signedIn("s")?.account == ada)
            #expect(try store.bearer("d")?.token == token)
            #expect(try store.isKnown("::1", of: "ada"))
            try store.removeAccount(ada.name)
            #expect(try store.signedIn("s") == nil)
            #expect(try store.bearer("d") == nil)
            #expect(try !store.isKnown("::1", of: "ada"))
            #expect(throws: Trouble.self) { try store.removeAccount(eve.name) }
        }
    }

    @Test func `an account has only so many sessions, and one that has ended is not brought back`() async throws {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let ada = try account("ada", .admin)
            try store.put(ada)
            func session(_ number: Int) -> SessionRecord {
                let at = moment.adding(.seconds(number))
                return SessionRecord(
                    id: "\(number)",
                    account: ada.name,
                    createdAt: at,
                    seenAt: at,
                    confirmedAt: at,
                    address: "::1",
                    agent: ""
                )
            }
            for number in 0..<5 {
                #expect(try store.begin(session(number), shown: ada, insteadOf: nil, oldest: moment, most: 3))
            }
            #expect(try store.sessions(of: ada.name).map(\.id) == ["4", "3", "2"])
            try store.removeSession("4")
            try store.put(session(4))
            #expect(try store.session("4") == nil)
            #expect(try !store.renew("4", as: session(5), shown: nil))
            #expect(try store.session("5") == nil)
        }
    }

    @Test func `who has shown to be an account that is another by now begins no session, and goes on with none`()
        async throws
    {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let ada = try account("ada", .admin)
            func session(_ id: String) -> SessionRecord { self.session(id, of: ada) }
            for change in [
                { _ = try store.set(password("other"), of: ada.name, shown: nil, revokingTokens: false, by: "s") },
                { _ = try store.put(factor(ada), recoveryCodes: [], by: "s") },
                { try store.removeAccount(ada.name) },
            ] as [() throws -> Void] {
                try store.put(account("eve", .admin))
                try store.put(ada)
                _ = try store.removeSecondFactor(of: ada.name)
                #expect(try store.begin(session("s"), shown: ada, insteadOf: nil, oldest: moment, most: 20))
                try change()
                let mine = password("mine")
                #expect(try store.set(mine, of: ada.name, shown: ada, revokingTokens: false, by: "s") == nil)
                #expect(try !store.begin(session("new"), shown: ada, insteadOf: nil, oldest: moment, most: 20))
                #expect(try !store.renew("s", as: session("new"), shown: ada))
                #expect(try store.session("new") == nil)
                #expect(try store.account(ada.name)?.password?.text != "mine")
                try store.removeSessions(of: ada.name, except: nil)
            }
        }
    }

    @Test func `nothing that lets somebody in is written for a session that has ended, or is of somebody else`()
        async throws
    {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let (ada, eve, bob) = (try account("ada", .admin), try account("eve", .admin), try account("bob", .viewer))
            for (number, account) in [ada, eve].enumerated() {
                try store.put(account)
                let session = session("\(number)", of: account)
                #expect(try store.begin(session, shown: account, insteadOf: nil, oldest: moment, most: 20))
            }
            let (own, other) = ("0", "1")
            func give(by session: String) throws -> [Bool] {
                [
                    try store.put(token("d-\(session)", of: ada), by: session),
                    try store.put(factor(ada), recoveryCodes: ["a"], by: session),
                    try store.setRecoveryCodes(["b"], of: ada.name, by: session),
                ]
            }
            func administer(by session: String) throws -> [Bool] {
                [
                    try store.set(password("other"), of: eve.name, shown: nil, revokingTokens: true, by: session)
                        != nil,
                    try store.add(bob, by: session),
                ]
            }
            #expect(try give(by: other) == [false, false, false])
            try store.removeSession(own)
            #expect(try give(by: own) == [false, false, false])
            #expect(try administer(by: own) == [false, false])
            #expect(try store.tokens(of: nil).isEmpty)
            #expect(try store.secondFactor(of: ada.name) == nil)
            #expect(try store.account(eve.name) == eve)
            #expect(try store.account(bob.name) == nil)
            #expect(try store.session(other) != nil)
            #expect(try store.begin(session(own, of: ada), shown: ada, insteadOf: nil, oldest: moment, most: 20))
            #expect(try give(by: own) == [true, true, true])
            #expect(try administer(by: own) == [true, true])
            #expect(throws: Trouble.self) { try store.add(bob, by: own) }
            #expect(try store.session(other) == nil)
            #expect(try store.session(own) != nil)
        }
    }

    @Test func `a password that is set or reset takes everything along that lets somebody in, or nothing is changed`()
        async throws
    {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let ada = try account("ada", .admin)
            func lay() throws -> Account {
                try store.put(ada)
                try store.removeSessions(of: ada.name, except: nil)
                _ = try store.removeSecondFactor(of: ada.name)
                for token in try store.tokens(of: nil) { try store.removeToken(token.id) }
                #expect(try store.put(token("d", of: ada), by: nil))
                #expect(try store.put(factor(ada), recoveryCodes: ["a"], by: nil))
                let now = try #require(try store.account(ada.name))
                #expect(try store.begin(session("s", of: ada), shown: now, insteadOf: nil, oldest: moment, most: 20))
                return now
            }
            let reset = { try store.reset(ada.name, to: password("other"), keepingTokens: false) }
            let set = {
                try store.set(password("other"), of: ada.name, shown: nil, revokingTokens: true, by: nil)
            }
            let queue = try DatabaseQueue(path: folder.database)
            // A disk that takes no more is as good a reason to stop halfway as one that is pulled out.
            for table in ["token", "secondFactor", "session"] {
                let before = try lay()
                try await queue.write {
                    try $0.execute(
                        sql: "CREATE TRIGGER stop BEFORE DELETE ON \(table) BEGIN SELECT RAISE(ABORT, 'stop'); END"
                    )
                }
                #expect(throws: Trouble.self, "\(table)") { try reset() }
                if table != "secondFactor" { #expect(throws: Trouble.self, "\(table)") { try set() } }
                #expect(try store.account(ada.name) == before)
                #expect(try store.tokens(of: ada.name).count == 1)
                #expect(try store.sessions(of: ada.name).count == 1)
                try await queue.write { try $0.execute(sql: "DROP TRIGGER stop") }
            }
            _ = try lay()
            #expect(try set() == 1)
            #expect(try store.tokens(of: ada.name).isEmpty && store.sessions(of: ada.name).isEmpty)
            #expect(try store.secondFactor(of: ada.name) != nil)
            _ = try lay()
            #expect(try reset() == LostAccess(secondFactor: true, tokens: 1))
            #expect(try store.tokens(of: ada.name).isEmpty && store.sessions(of: ada.name).isEmpty)
            #expect(try store.account(ada.name)?.secondFactor == SecondFactorStanding.none)
            _ = try lay()
            let keeping = try store.reset(ada.name, to: password("other"), keepingTokens: true)
            #expect(try keeping?.tokens == 0 && store.tokens(of: ada.name).count == 1)
            let eve = try account("eve", .admin)
            #expect(try store.reset(eve.name, to: password("new"), keepingTokens: false) == nil)
            #expect(try store.account(eve.name) == Account(eve.name, .admin, with: password("new")))
        }
    }

    @Test func `another role leaves a password alone that was set since the account was read, and one admin there is`()
        async throws
    {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let ada = try account("ada", .admin)
            try store.put(ada)
            #expect(throws: Trouble.self) { try store.set(.viewer, of: ada.name) }
            try store.put(account("eve", .admin))
            #expect(try store.set(password("other"), of: ada.name, shown: ada, revokingTokens: false, by: nil) == 0)
            try store.set(.viewer, of: ada.name)
            let now = try #require(try store.account(ada.name))
            #expect(now.role == .viewer && now.password?.text == "other" && now.mustChangePassword)
        }
    }
}
