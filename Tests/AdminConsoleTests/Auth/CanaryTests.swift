import HTTPTypes
import HummingbirdTesting
import NIOCore
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct CanaryTests {
    /// Secrets that pass through the console, each told apart from everything else.
    private static let canary = "canary-7f3a-password-Zq"

    @Test func `no secret stands in any page, answer, field or line of the audit trail`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            let token = try console.parts.tokens.make(
                "t",
                role: .admin,
                days: 1,
                for: #require(AccountName("ada")),
                of: .admin
            ).text
            let digest = try #require(try console.store.accounts().first?.password?.text)
            try await console.test { client in
                let browser = try console.browser("ada", client)
                let secrets = [Self.canary, token, String(token.dropFirst(5)), digest, browser.cookie ?? "-"]
                var program = Browser(client: client, console: console)
                program.fields[.authorization] = "Bearer \(token)"
                let stranger = Browser(client: client, console: console)
                func expectClean(_ answer: TestResponse, _ what: String) {
                    let whole = answer.text + answer.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
                    for secret in secrets { #expect(!whole.contains(secret), "\(what)") }
                }
                let form = [
                    "name": Self.canary + "!", "password": Self.canary, "current": Self.canary, "secret": Self.canary,
                ]
                for door in console.parts.doors() {
                    for visitor in [browser, program, stranger] {
                        let answer = try await visitor.ask(door, at: door.path, form)
                        guard !(door.isChange && answer.text.contains("name=\"name\"")) else {
                            // A name that was typed is shown again where it was typed; nothing else of the form is.
                            let rest = answer.text.replacing(Self.canary + "!", with: "")
                            for secret in secrets { #expect(!rest.contains(secret), "\(door.path)") }
                            continue
                        }
                        expectClean(answer, "\(door.method) \(door.path)")
                    }
                }
                for entry in try console.store.audit(before: nil, limit: 1000) where entry.subject != Self.canary + "!"
                {
                    for secret in secrets { #expect(!"\(entry)".contains(secret)) }
                }
            }
        }
    }
}
