import Dispatch
import Hummingbird
import HummingbirdTesting
import StateStore
import Synchronization
import Testing
import UpgradeModel

@testable import AdminConsole

/// A password takes time to look at. What has become of its account meanwhile counts.
struct ResetTests {
    /// Holds up the thread that looks at passwords.
    private final class Gate: Sendable {
        private let opening = DispatchSemaphore(value: 0)
        private let isThere = Mutex(false)
        private let passwords: Passwords

        init(_ passwords: Passwords) { self.passwords = passwords }

        /// Stands in the line, behind whoever is there.
        func enter() {
            Task { [self] in
                try await passwords.calculate("gate", WaitingLine.Rank(ofAddress: 99, ofNetwork: 99)) { [self] in
                    isThere.withLock { $0 = true }
                    opening.wait()
                }
            }
        }

        func holds() async throws { try await until { isThere.withLock(\.self) } }
        func open() { opening.signal() }
    }

    private static let other = "stapled batteries on horses"

    private func reset(_ console: GuardedConsole) async throws {
        let accounts = ConsoleAccounts(records: console.store) { console.clock.now }
        _ = try await accounts.reset("ada", password: Self.other, by: "root on the command line")
    }

    @Test func `a sign-in that waits while its password is reset is none, and one while a second factor is set up`()
        async throws
    {
        let passwords = Passwords(rounds: 16)
        try await GuardedConsole.with(passwords: passwords) { console in
            let ada = try await console.add("ada", .admin)
            try await console.test { client in
                let thief = Browser(client: client, console: console)
                for change in [
                    { try await reset(console) },
                    { _ = try console.giveSecondFactor(ada.name) },
                ] as [@Sendable () async throws -> Void] {
                    try console.store.put(ada)
                    let gate = Gate(passwords)
                    gate.enter()
                    try await gate.holds()
                    async let answer = thief.post("/sign-in", ["name": "ada", "password": GuardedConsole.password])
                    try await until { passwords.waiting == 1 }
                    try await change()
                    gate.open()
                    #expect(try await answer.status == .unprocessableContent)
                    #expect(try await answer.cookie(Sessions.cookie) == nil)
                    #expect(try console.store.sessions(of: ada.name).isEmpty)
                    #expect(try console.trail().suffix(2) == ["- sign-in ada asked", "- sign-in ada refused"])
                }
            }
        }
    }

    @Test func `a password that somebody changes with the old one does not replace the one that it was reset to`()
        async throws
    {
        let passwords = Passwords(rounds: 16)
        try await GuardedConsole.with(passwords: passwords) { console in
            let ada = try await console.add("ada", .admin)
            try await console.add("root", .admin)
            try await console.test { client in
                let thief = try console.browser("ada", client)
                let (before, between) = (Gate(passwords), Gate(passwords))
                before.enter()
                try await before.holds()
                let form = [
                    "current": GuardedConsole.password, "password": "my own long password",
                    "again": "my own long password",
                ]
                async let answer = thief.post("/settings/password", form)
                try await until { passwords.waiting == 1 }
                between.enter()
                try await until { passwords.waiting == 2 }
                // The old password is looked at; the new one waits to be calculated.
                before.open()
                try await between.holds()
                try await until { passwords.waiting == 1 }
                try await reset(console)
                let kept = try #require(try console.store.account(ada.name))
                between.open()
                #expect(try await answer.status == .unauthorized)
                #expect(try console.store.account(ada.name) == kept)
                #expect(try console.store.sessions(of: ada.name).isEmpty)
            }
        }
    }

    @Test func `an admin who is shut out meanwhile gives nobody a password`() async throws {
        let passwords = Passwords(rounds: 16)
        try await GuardedConsole.with(passwords: passwords) { console in
            try await console.add("ada", .admin)
            let eve = try await console.add("eve", .admin)
            _ = try console.parts.tokens.make("t", role: .viewer, days: 1, for: eve.name, of: .admin)
            try await console.test { client in
                let owner = try console.browser("eve", client)
                for (path, form) in [
                    ("/settings/users", ["name": "back", "role": "admin", "password": "a door at the back"]),
                    ("/settings/users/eve/password", ["password": "a door at the back", "revokeTokens": "yes"]),
                ] {
                    let thief = try console.browser("ada", client)
                    let gate = Gate(passwords)
                    gate.enter()
                    try await gate.holds()
                    async let answer = thief.post(path, form)
                    try await until { passwords.waiting == 1 }
                    try await reset(console)
                    gate.open()
                    #expect(try await answer.status == .unauthorized, "\(path)")
                    #expect(try console.store.accounts().map(\.name.text) == ["ada", "eve"])
                    #expect(try console.store.account(eve.name) == eve)
                    #expect(try console.store.tokens(of: eve.name).count == 1)
                    #expect(try await owner.get("/settings").status == .ok)
                }
            }
        }
    }

    @Test func `who is shut out before the end of what they send has done nothing, with a session and with a token`()
        async throws
    {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            try await console.test(.live) { client in
                let port = try #require(client.port)
                let secret = console.parts.secondFactors.begin(ada.name)
                for (path, type, body) in [
                    ("/api/v1/tokens", "application/json", #"{"name":"back","role":"admin","days":365}"#),
                    ("/settings/tokens", "application/x-www-form-urlencoded", "name=back&role=admin&days=365"),
                    ("/settings/second-factor", "application/x-www-form-urlencoded", ""),
                    ("/api/v1/backups", "application/json", "{}"),
                ] {
                    let thief = try console.browser("ada", client)
                    let token = try console.parts.tokens.make("t", role: .operator, days: 1, for: ada.name, of: .admin)
                    let isProgram = path == "/api/v1/backups"
                    let proof =
                        isProgram
                        ? "Authorization: Bearer \(token.text)\r\n"
                        : "Cookie: \(Sessions.cookie)=\(thief.cookie ?? "")\r\nX-CSRF-Token: \(thief.csrf)\r\n"
                    // A use that is later than the one before is noted: by that it shows that the head has come in.
                    console.clock.advance(seconds: 120)
                    let body = body.isEmpty ? "code=\(console.code(secret))" : body
                    let head =
                        "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nOrigin: http://127.0.0.1:\(port)\r\n"
                        + "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n"
                        + proof + "\r\n" + String(body.dropLast())
                    let shutOut = {
                        try await until("\(path)") {
                            let usedAt = try console.store.tokens(of: ada.name).first?.usedAt
                            let seenAt = try console.store.sessions(of: ada.name).first?.seenAt
                            return (isProgram ? usedAt : seenAt) == console.clock.now
                        }
                        try await reset(console)
                    }
                    let answer = try await RawClient.send(
                        head,
                        port: port,
                        thenAfter: shutOut,
                        String(body.suffix(1))
                    )
                    #expect(answer.hasPrefix("HTTP/1.1 401"), "\(path): \(answer.prefix(300))")
                    #expect(try console.store.tokens(of: nil).isEmpty)
                    #expect(try console.store.secondFactor(of: ada.name) == nil)
                    let line = try #require(try console.trail().last)
                    #expect(line.hasPrefix(isProgram ? "ada (token t) backup" : "ada ") && line.hasSuffix("refused"))
                }
            }
        }
    }
}
