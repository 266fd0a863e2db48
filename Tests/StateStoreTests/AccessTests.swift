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
            let token = TokenRecord(
                digest: "d",
                name: "t",
                account: ada.name,
                role: .viewer,
                createdAt: moment,
                expiresAt: moment
            )
            try store.put(token)
            let session = SessionRecord(
                id: "s",
                account: ada.name,
                createdAt: moment,
                seenAt: moment,
                confirmedAt: moment,
                address: "::1",
                agent: "test"
            )
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
            func session(_ id: String) -> SessionRecord {
                SessionRecord(
                    id: id,
                    account: ada.name,
                    createdAt: moment,
                    seenAt: moment,
                    confirmedAt: moment,
                    address: "::1",
                    agent: ""
                )
            }
            let other = GivenPassword(digest: PasswordDigest(text: "other"), setAt: moment, isGiven: true)
            let factor = SecondFactor(
                account: ada.name,
                secret: Array(repeating: 1, count: 20),
                setAt: moment,
                newestStep: 0
            )
            for change in [
                { _ = try store.set(other, of: ada.name, shown: nil, except: "s") },
                { try store.put(factor, recoveryCodes: []) },
                { try store.removeAccount(ada.name) },
            ] as [() throws -> Void] {
                try store.put(account("eve", .admin))
                try store.put(ada)
                _ = try store.removeSecondFactor(of: ada.name)
                #expect(try store.begin(session("s"), shown: ada, insteadOf: nil, oldest: moment, most: 20))
                try change()
                let mine = GivenPassword(digest: PasswordDigest(text: "mine"), setAt: moment, isGiven: false)
                #expect(try !store.set(mine, of: ada.name, shown: ada, except: "s"))
                #expect(try !store.begin(session("new"), shown: ada, insteadOf: nil, oldest: moment, most: 20))
                #expect(try !store.renew("s", as: session("new"), shown: ada))
                #expect(try store.session("new") == nil)
                #expect(try store.account(ada.name)?.password?.text != "mine")
                try store.removeSessions(of: ada.name, except: nil)
            }
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
            let other = GivenPassword(digest: PasswordDigest(text: "other"), setAt: moment, isGiven: true)
            #expect(try store.set(other, of: ada.name, shown: ada, except: nil))
            try store.set(.viewer, of: ada.name)
            let now = try #require(try store.account(ada.name))
            #expect(now.role == .viewer && now.password?.text == "other" && now.mustChangePassword)
        }
    }
}
