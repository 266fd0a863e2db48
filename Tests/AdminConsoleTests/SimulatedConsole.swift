import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

/// A console over real records and a simulated desk.
struct SimulatedConsole: Sendable {
    let store: StateStore
    let desk: SimulatedDesk
    let parts: ConsoleParts

    static func with<Value>(_ body: (SimulatedConsole) async throws -> Value) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.path + "/pawl-console-" + UUID().uuidString
        let folder = try DataFolder(path, create: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(SimulatedConsole(folder))
    }

    init(_ folder: DataFolder) throws {
        store = try StateStore(in: folder)
        desk = try SimulatedDesk(store)
        parts = try ConsoleParts(
            desk: desk,
            records: store,
            automation: Automation(
                Automation.Parts(
                    records: store,
                    journal: store,
                    sender: SettingsDoorTests.Post(),
                    zones: SettingsDoorTests.Zones(),
                    installation: "demo",
                    ask: { ReleaseNews(newer: nil, installed: nil, standing: nil) },
                    recall: { ReleaseNews(newer: nil, installed: nil, standing: nil) },
                    isOnDuty: { true },
                    clean: { $0 },
                    now: { SimulatedDesk.now }
                )
            ),
            now: { SimulatedDesk.now }
        )
    }

    var app: some ApplicationProtocol { Application(router: parts.router()) }

    /// Somebody of this role who has signed in.
    func person(_ role: Role) throws -> Person {
        guard let name = AccountName(role.rawValue) else { throw CocoaError(.formatting) }
        let account = Account(
            name: name,
            role: role,
            password: nil,
            createdAt: SimulatedDesk.now,
            passwordSetAt: SimulatedDesk.now
        )
        try store.put(account)
        guard let cookie = try parts.sessions.begin(account, address: "127.0.0.1", agent: "test")?.value,
            let visitor = try parts.sessions.visitor(cookie)
        else { throw CocoaError(.formatting) }
        return Person(account: account, cookie: cookie, visitor: visitor)
    }
}

/// Somebody who has signed in, and how they ask.
struct Person: Sendable {
    let account: Account
    let cookie: String
    let visitor: Visitor

    var session: String {
        if case .session(let id, _, _) = visitor.proof { id } else { "" }
    }

    func headers(_ more: [String: String] = [:]) -> HTTPFields {
        var headers: HTTPFields = [.cookie: "\(Sessions.cookie)=\(cookie)"]
        for (name, value) in more.merging(["X-CSRF-Token": visitor.csrf], uniquingKeysWith: { first, _ in first }) {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }

    func get(_ path: String, of client: some TestClientProtocol, _ more: [String: String] = [:]) async throws
        -> TestResponse
    {
        try await client.execute(uri: path, method: .get, headers: headers(more)) { $0 }
    }

    func post(
        _ path: String,
        _ body: String = "{}",
        to client: some TestClientProtocol,
        _ more: [String: String] = [:]
    ) async throws -> TestResponse {
        try await send(.post, path, body, to: client, more)
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String = "",
        to client: some TestClientProtocol,
        _ more: [String: String] = [:]
    ) async throws -> TestResponse {
        let headers = headers(more.merging(["Content-Type": "application/json"]) { first, _ in first })
        return try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: body)) {
            $0
        }
    }
}

extension TestResponse {
    /// The body as JSON.
    var json: [String: Any] {
        get throws {
            try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any] ?? [:]
        }
    }

    func value(_ name: String) throws -> String? { try json[name] as? String }
}

/// Waits until something holds, at most half a minute.
func until(_ what: Comment? = nil, _ holds: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !holds() {
        try #require(ContinuousClock.now < deadline, what)
        try await Task.sleep(for: .milliseconds(5))
    }
}
