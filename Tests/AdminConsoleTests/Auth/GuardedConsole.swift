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

/// A clock that goes when it is told to.
final class TestClock: Sendable {
    private let moment = Mutex(Moment(microseconds: 1_795_000_000_000_000))

    var now: Moment { moment.withLock(\.self) }

    func advance(seconds: Int) { advance(by: .seconds(seconds)) }

    func advance(by duration: Duration) { moment.withLock { $0 = $0.adding(duration) } }
}

/// A console over real records in a folder of its own, and over a desk that nobody sits at.
struct GuardedConsole {
    let parts: ConsoleParts
    let store: StateStore
    let clock: TestClock
    let folder: String

    static let password = "correct horse battery"

    /// Puts one together; `unclaimed` says whether there is a bootstrap secret, `records` what stands before the records.
    static func with<Value>(
        site: SiteRules = SiteRules(host: "localhost", isSecure: false, publicURL: nil),
        unclaimed: Bool = false,
        records: (StateStore) -> any AccessRecords = { $0 },
        realTime: Bool = false,
        passwords: Passwords = Passwords(rounds: 16),
        _ body: (GuardedConsole) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.path + "/pawl-console-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try StateStore(in: try DataFolder(folder, create: true))
        let clock = TestClock()
        let now: @Sendable () -> Moment = {
            realTime ? Moment(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) : clock.now
        }
        let bootstrap = unclaimed ? Bootstrap(path: folder + "/console-bootstrap", at: now()) : nil
        try bootstrap?.publish()
        let parts = try ConsoleParts(
            desk: EmptyDesk(),
            records: records(store),
            site: site,
            bootstrap: bootstrap,
            passwords: passwords,
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
                    now: now
                )
            ),
            now: now
        )
        return try await body(GuardedConsole(parts: parts, store: store, clock: clock, folder: folder))
    }

    /// Adds an account whose password is ``password``.
    @discardableResult
    func add(_ name: String, _ role: Role, isGiven: Bool = false) async throws -> Account {
        let account = try await parts.accounts.made(name, role, password: Self.password, isGiven: isGiven)
        try store.put(account)
        return account
    }

    /// A browser that has signed in, without a page.
    func browser(_ name: String, _ client: any TestClientProtocol) throws -> Browser {
        guard let name = AccountName(name), let account = try store.account(name) else { throw Refusal.notFound }
        let cookie = try #require(try parts.sessions.begin(account, address: "192.0.2.1", agent: "test"))
        return Browser(client: client, console: self, cookie: cookie.value)
    }

    func test<Value>(
        _ setup: TestingSetup = .router,
        adding doors: [Door] = [],
        _ body: @Sendable (any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        try await Application(router: parts.router(adding: doors)).test(setup, body)
    }

    /// The lines of the audit trail, oldest first, as `actor action subject outcome`.
    func trail() throws -> [String] {
        try store.audit(before: nil, limit: 1000).reversed().map {
            [$0.actor, $0.action, $0.subject, $0.outcome.rawValue].filter { !$0.isEmpty }.joined(separator: " ")
        }
    }
}

/// A browser with one cookie.
struct Browser {
    let client: any TestClientProtocol
    let console: GuardedConsole
    var cookie: String?
    var fields: HTTPFields = [:]

    static let origin = "http://localhost"

    var csrf: String { cookie.flatMap { try? console.parts.sessions.visitor($0)?.csrf } ?? "" }

    func get(_ path: String) async throws -> TestResponse {
        try await client.executeRequest(uri: path, method: .get, headers: headers, body: nil)
    }

    /// Sends a form as a page of ours would.
    func post(_ path: String, _ form: [String: String] = [:], csrf: Bool = true) async throws -> TestResponse {
        var form = form
        if csrf { form["csrf"] = self.csrf }
        var headers = headers
        headers[.contentType] = "application/x-www-form-urlencoded"
        headers[.origin] = Self.origin
        let body = form.map { "\($0.key)=\(FormFields.escaped($0.value))" }.joined(separator: "&")
        return try await client.executeRequest(
            uri: path,
            method: .post,
            headers: headers,
            body: ByteBuffer(string: body)
        )
    }

    /// Asks as a door expects it; of a stream only the head, since the rest has no end.
    func ask(_ door: Door, at path: String, _ form: [String: String] = [:]) async throws -> TestResponse {
        if door.method == .post { return try await post(path, form) }
        var headers = headers
        if door.isChange {
            headers[.origin] = Self.origin
            if let name = HTTPField.Name("X-CSRF-Token") { headers[name] = csrf }
        }
        let method = door.path.hasSuffix("/events") ? HTTPRequest.Method.head : door.method
        return try await client.executeRequest(uri: path, method: method, headers: headers, body: nil)
    }

    var headers: HTTPFields {
        var headers = fields
        if let cookie { headers[.cookie] = "\(Sessions.cookie)=\(cookie)" }
        return headers
    }

    /// The same browser with the cookie that an answer has set.
    func following(_ response: TestResponse) -> Browser {
        var next = self
        let set = response.headers[.setCookie] ?? ""
        if let value = set.split(separator: ";").first?.split(separator: "=", maxSplits: 1).last {
            next.cookie = String(value)
        }
        return next
    }
}

extension Tokens {
    /// Makes a token that no session asks for.
    func make(_ name: String, role: Role, days: Int, for account: AccountName, of maker: Role) throws -> (
        text: String, record: TokenRecord
    ) {
        try make(name, role: role, days: days, for: account, of: maker, by: nil)
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
    var location: String { headers[.location] ?? "" }
}

/// A desk that nobody sits at: whatever is asked of it is not to be had.
struct EmptyDesk: Desk {
    var title: String { "Demo" }

    private var closed: Trouble { Trouble(.environment, "closed", "The desk is closed.", remedy: "Come back later.") }

    func status() async throws -> StatusReport { throw closed }
    func services() async throws -> ServicesReport { throw closed }
    func releases() async throws -> ReleasesReport { throw closed }
    func release(_ version: ReleaseVersion) async throws -> ReleaseReport { throw closed }
    func plan(to target: ReleaseVersion?) async throws -> PlanReport { throw closed }
    func backups() async throws -> BackupListReport { throw closed }
    func backup(_ id: BackupSetID) async throws -> BackupReport { throw closed }
    func retention() async throws -> PruneReport { throw closed }
    func runs() async throws -> HistoryReport { throw closed }
    func run(_ id: RunID) async throws -> RunReport { throw closed }
    func decision(about id: RunID) async throws -> Decision? { throw closed }
    func events(of id: RunID?, after event: Int64) async throws -> [EventReport] { throw closed }
    func span(of id: RunID) async throws -> ClosedRange<Int64> { throw closed }
    func events(of id: RunID, after event: Int64, through last: Int64) async throws -> [EventReport] { throw closed }
    func newestEvents(of id: RunID, most: Int) async throws -> [EventReport] { throw closed }
    func story(of id: RunID, withProgress: Bool) async throws -> [EventReport] { throw closed }
    func logs(of id: RunID) async throws -> [LogTail] { throw closed }
    func log(_ name: String, of id: RunID, bytes: Int) async throws -> LogTail { throw closed }
    func jobs() async throws -> JobListReport { throw closed }
    func job(_ id: RunID) async throws -> JobReport { throw closed }
    func restoreOutlook(of id: BackupSetID, identity: String?) async throws -> RestoreOutlookReport { throw closed }
    func replacements(for id: RunID) async throws -> [ReleaseVersion] { throw closed }
    func pulse() async throws -> Pulse { throw closed }
    func dryRun(to target: ReleaseVersion?, looking: @escaping @Sendable (LookProgress) -> Void) async throws
        -> DryRunReport
    { throw closed }
    func restore(_ id: BackupSetID, identity: String?, by person: String) async throws -> RunReport { throw closed }
    func backUp(by person: String) async throws -> JobReport { throw closed }
    func prove(_ id: BackupSetID, identity: String?, acceptsChanged: Bool, by person: String) async throws -> JobReport
    { throw closed }
    func prune(_ ids: Set<String>) async throws -> PruneReport { throw closed }
    func requireReady() async throws { throw closed }
    func changes() -> AsyncStream<Void> { AsyncStream { $0.finish() } }
    func check() async throws -> CheckReport { throw closed }
    func preflight(to target: ReleaseVersion?) async throws -> PreflightDocument { throw closed }
    func upgrade(
        to target: ReleaseVersion?,
        rehearse: Bool,
        by person: String,
        whileAllowed requireAllowed: @escaping @Sendable () throws -> Void
    ) async throws -> RunReport {
        throw closed
    }
    func retry(_ id: RunID, to target: ReleaseVersion?, by person: String, restoredElsewhere: Bool) async throws
        -> RunReport
    { throw closed }
    func abort(_ id: RunID, by person: String) async throws -> RunReport { throw closed }
}
