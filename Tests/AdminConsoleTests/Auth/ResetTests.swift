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
            try await console.test { client in
                let thief = try console.browser("ada", client)
                let gate = Gate(passwords)
                gate.enter()
                try await gate.holds()
                let form = ["name": "back", "role": "admin", "password": "a door at the back"]
                async let answer = thief.post("/settings/users", form)
                try await until { passwords.waiting == 1 }
                try await reset(console)
                gate.open()
                #expect(try await answer.status == .unauthorized)
                #expect(try console.store.accounts().map(\.name.text) == ["ada"])
            }
        }
    }
}
