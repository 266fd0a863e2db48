import Foundation
import HTTPTypes
import HummingbirdTesting
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct FirstStartTests {
    private let form = ["name": "ada", "password": GuardedConsole.password, "again": GuardedConsole.password]

    @Test func `until somebody has an account every page leads to the first start`() async throws {
        try await GuardedConsole.with(unclaimed: true) { console in
            try await console.test { client in
                let browser = Browser(client: client, console: console)
                for door in console.parts.doors()
                where door.kind == .page && door.method == .get && door.permission != nil {
                    #expect(try await browser.get(door.path).location == "/first-start")
                }
                #expect(try await browser.get("/sign-in").location == "/first-start")
                let page = try await browser.get("/first-start")
                #expect(page.text.contains(console.folder + "/console-bootstrap"))
                #expect(try await browser.get("/api/v1/status").status == .unauthorized)
            }
        }
    }

    @Test func `the bootstrap secret makes one admin, once, and its file is gone`() async throws {
        try await GuardedConsole.with(unclaimed: true) { console in
            let path = console.folder + "/console-bootstrap"
            let secret = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
            // 256 bits in base64, for the owner's eyes only.
            #expect(secret.utf8.count == 43)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            try await console.test { client in
                let browser = Browser(client: client, console: console)
                let wrong = try await browser.post("/first-start", form.merging(["secret": "x" + secret]) { $1 })
                #expect(wrong.status == .unprocessableContent)
                #expect(try console.store.accounts().isEmpty)
                let weak = ["secret": secret, "password": "password1234", "again": "password1234"]
                #expect(
                    try await browser.post("/first-start", form.merging(weak) { $1 }).status == .unprocessableContent
                )
                let answer = try await browser.post("/first-start", form.merging(["secret": secret]) { $1 })
                #expect(answer.location == "/")
                #expect(try await browser.following(answer).get("/settings/users").status == .ok)
                #expect(try console.store.accounts().map(\.role) == [.admin])
                #expect(!FileManager.default.fileExists(atPath: path))
                let again = form.merging(["secret": secret, "name": "eve"]) { $1 }
                #expect(try await browser.post("/first-start", again).location == "/sign-in")
                #expect(try console.store.accounts().count == 1)
            }
            #expect(
                try console.trail() == ["- first-start refused", "- first-start ada asked", "- first-start ada done"]
            )
        }
    }

    @Test func `a console that does not listen takes no other's bootstrap secret away`() async throws {
        try await GuardedConsole.with(unclaimed: true) { console in
            let path = console.folder + "/console-bootstrap"
            let secret = try String(contentsOfFile: path, encoding: .utf8)
            let other = Bootstrap(path: path, at: console.clock.now)
            other.remove()
            #expect(try String(contentsOfFile: path, encoding: .utf8) == secret)
            let third = Bootstrap(path: path, at: console.clock.now)
            try third.publish()
            console.parts.bootstrap?.remove()
            #expect(try String(contentsOfFile: path, encoding: .utf8) != secret)
            third.remove()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `the bootstrap secret stops working after a day`() async throws {
        try await GuardedConsole.with(unclaimed: true) { console in
            let secret = try String(contentsOfFile: console.folder + "/console-bootstrap", encoding: .utf8)
            console.clock.advance(seconds: 86_401)
            try await console.test { client in
                let answer = try await Browser(client: client, console: console)
                    .post("/first-start", form.merging(["secret": secret]) { $1 })
                #expect(answer.status == .unprocessableContent)
            }
            #expect(try console.store.accounts().isEmpty)
        }
    }

    @Test func `the bootstrap secret cannot be guessed at speed`() async throws {
        try await GuardedConsole.with(unclaimed: true) { console in
            try await console.test { client in
                let browser = Browser(client: client, console: console)
                for _ in 0..<10 { _ = try await browser.post("/first-start", form.merging(["secret": "no"]) { $1 }) }
                let answer = try await browser.post("/first-start", form.merging(["secret": "no"]) { $1 })
                #expect(answer.status == .tooManyRequests)
            }
        }
    }
}
