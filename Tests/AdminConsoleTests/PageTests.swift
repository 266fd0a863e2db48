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

/// What pages say that programs are told in JSON.
struct PageTests {
    @Test func `a deploy that checks refuse comes back to its page with what they found, and begins no run`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            console.desk.state.withLock {
                $0.findings = [
                    Finding(
                        check: "disk-space",
                        title: "Disk space",
                        outcome: .fail,
                        message: "There is no room for a backup.",
                        remedy: "Free 3 GB."
                    )
                ]
            }
            try await console.app.test(.router) { client in
                let form = ["to": "2026.2.1", "confirmation": "2026.2.1", "csrf": person.visitor.csrf]
                let answer = try await client.execute(
                    uri: "/upgrade",
                    method: .post,
                    headers: person.headers(["Content-Type": "application/x-www-form-urlencoded"]),
                    body: ByteBuffer(string: form.map { "\($0.key)=\($0.value)" }.joined(separator: "&"))
                ) { $0 }
                #expect(answer.status == .conflict)
                for words in ["Upgrade to 2026.2.1", "1 preflight check says no", "There is no room", "Free 3 GB."] {
                    #expect(answer.text.contains(words), "\(words)")
                }
                #expect(answer.text.contains(#"<fieldset class="bare stack" disabled>"#), "nothing is to be pressed")
                #expect(try console.store.runs().isEmpty)
                #expect(try console.store.audit(before: nil, limit: 1).first?.outcome == .refused)
            }
        }
    }

    @Test func `what an upgrade takes, and what is backed up first, is said as far as it was measured`() async throws {
        let preflight = PreflightDocument(PreflightReport(target: try ReleaseVersion("2026.2.1"), findings: []))
        let plan = try await SimulatedConsole.with { try await $0.desk.plan(to: nil) }
        var report = DryRunReport(plan: plan, preflight: preflight, commands: [], downtime: nil, disk: [])
        func checks() -> UpgradePage.Checks { UpgradePage.Checks(.done(report, at: SimulatedDesk.now)) }
        #expect(checks().duration == nil && checks().backup == nil)
        report.durationSeconds = .init(low: 60, high: 120)
        report.backup = .init(
            databases: [.init(name: "demo", bytes: 52_428_800), .init(name: "more", bytes: nil)],
            directory: "/srv/sets"
        )
        #expect(checks().duration == report.durationSeconds?.words)
        let words = try #require(checks().backup)
        #expect(words.hasPrefix("demo (\(TextLayout.size(52_428_800))), more (not measured), with"))
        #expect(words.hasSuffix("the set goes to /srv/sets."))
        #expect(report.text.contains("All of it takes about") && report.text.contains("/srv/sets"))
    }

    @Test func `a release in quarantine is on the page with the reason, and is not offered`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            console.desk.state.withLock {
                $0.catalog = Catalog.validating([
                    CatalogEntry(version: "2026.1.1", releasedAt: "2026-01-01"),
                    CatalogEntry(version: "2026.2.1", releasedAt: "no day"),
                ])
            }
            try await console.app.test(.router) { client in
                let page = try await viewer.get("/versions", of: client).text
                let reason = try #require(try await console.desk.releases().quarantined.first?.reason)
                #expect(page.contains("In quarantine, never deployed") && page.contains("2026.2.1"))
                // As text of the page.
                #expect(page.contains(reason.prefix { $0 != "\"" && $0 != "'" && $0 != "`" }))
                #expect(try await !viewer.get("/upgrade", of: client).text.contains("Upgrade to 2026.2.1"))
            }
        }
    }

    @Test
    func `while no maintenance window is open the page says so, when the next one opens, and asks whether to go on`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let (admin, person) = (try console.person(.admin), try console.person(.operator))
            let box = "Deploy outside the maintenance windows: none is open"
            try await console.app.test(.router) { client in
                #expect(try await !person.get("/upgrade", of: client).text.contains(box))
                func set(_ days: String) async throws {
                    let windows = #"{"zone":"UTC","windows":[{"days":[\#(days)],"from":"10:00","to":"12:00"}]}"#
                    let answer = try await admin.send(.put, "/api/v1/settings/windows", windows, to: client)
                    #expect(answer.status == .ok)
                }
                // It is Wednesday, shortly after eleven.
                try await set(#""sat""#)
                let page = try await person.get("/upgrade", of: client).text
                #expect(page.contains(box) && page.contains("2026-11-21T10:00"))
                let form = ["Content-Type": "application/x-www-form-urlencoded"]
                let body = "to=2026.2.1&confirmation=2026.2.1"
                #expect(try await person.post("/upgrade", body, to: client, form).status == .unprocessableContent)
                try await set(#""wed""#)
                #expect(try await !person.get("/upgrade", of: client).text.contains(box))
            }
        }
    }

    @Test func `a run that nobody carries is not shown as one at work`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let id = try console.desk.begin()
            try await console.app.test(.router) { client in
                console.desk.state.withLock { $0.isCarried = false }
                let page = try await viewer.get("/runs/\(id)", of: client).text
                #expect(page.contains("Nobody carries it") && !page.contains("left."))
                let answer = try await viewer.get("/api/v1/runs/\(id)", of: client).text
                #expect(answer.contains(#""carried":false"#) && answer.contains(#""decision":null"#))
                try console.store.leave(.abort(by: "anna"), for: id, at: SimulatedDesk.now)
                #expect(try await viewer.get("/runs/\(id)", of: client).text.contains("It was decided to abort."))
            }
        }
    }

    @Test func `a retry that names no version is not taken for one with the same release`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let id = try console.desk.begin()
            try console.desk.carry(id, failing: .migrate)
            try await console.app.test(.router) { client in
                let answer = try await client.execute(
                    uri: "/runs/\(id)/retry",
                    method: .post,
                    headers: person.headers(["Content-Type": "application/x-www-form-urlencoded"]),
                    body: ByteBuffer(string: "to=no%20version&csrf=\(person.visitor.csrf)")
                ) { $0 }
                #expect(answer.status == .badRequest)
                #expect(try console.store.openDecision(for: id) == nil)
            }
        }
    }

    @Test func `only over the API a retry may say that what was restored is used elsewhere`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let id = try console.desk.begin()
            try console.desk.carry(id, failing: .migrate)
            let words = "Say so with `pawl retry --restored-elsewhere`."
            console.desk.state.withLock {
                $0.restoredOutside = Trouble(.operator, "restored-outside", "It was restored.", remedy: words)
            }
            try await console.app.test(.router) { client in
                let page = try await person.post(
                    "/runs/\(id)/retry",
                    "restoredElsewhere=true",
                    to: client,
                    ["Content-Type": "application/x-www-form-urlencoded"]
                )
                #expect(page.status == .conflict && page.text.contains("pawl retry --restored-elsewhere"))
                let place = "/api/v1/runs/\(id)/retry"
                for body in ["{}", #"{"restoredElsewhere":false}"#, #"{"restoredElsewhere":null}"#] {
                    #expect(try await person.post(place, body, to: client).value("code") == "restored-outside")
                }
                let unclear = try await person.post(place, #"{"restoredElsewhere":"yes"}"#, to: client)
                #expect(unclear.status == .badRequest)
                #expect(try console.store.openDecision(for: id) == nil)
                let answer = try await person.post(place, #"{"restoredElsewhere":true}"#, to: client)
                #expect(answer.status == .ok)
                let decision = try #require(try console.store.openDecision(for: id)?.decision)
                #expect(decision == .retry(by: "operator in the console", target: nil))
            }
        }
    }

    @Test func `the details of the newest run show the containers, and whether they are well`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let first = try console.desk.begin()
            try console.desk.carry(first)
            let second = try console.desk.begin()
            try await console.app.test(.router) { client in
                let newest = try await viewer.get("/runs/\(second)", of: client).text
                #expect(newest.contains("demo-api-1") && newest.contains("Healthy"))
                #expect(!(try await viewer.get("/runs/\(first)", of: client).text.contains("demo-api-1")))
                console.desk.state.withLock { state in
                    state.services[0].containers[0].condition = .restarting
                    state.services[0].containers[0].restarts = 12
                }
                let ill = try await viewer.get("/runs/\(second)", of: client).text
                #expect(ill.contains("Restarting") && ill.contains("started again 12 times"))
                console.desk.state.withLock {
                    $0.engine = Trouble(.environment, "engine", "The Engine does not answer.", remedy: "Start it.")
                }
                let silent = try await viewer.get("/runs/\(second)", of: client)
                #expect(silent.status == .ok && silent.text.contains("The Engine does not answer. Start it."))
            }
        }
    }

    @Test(arguments: [
        ([ServicesReport.Condition.healthy, .running, .done], "Healthy"), ([.healthy, .starting], "Starting"),
        ([.healthy, .stopped], "Not well"), ([.restarting, .starting], "Not well"), ([.failed], "Not well"),
        ([], "Not there"),
    ])
    func `an application is as well as the worst of its services`(
        conditions: [ServicesReport.Condition],
        words: String
    ) {
        let services = conditions.enumerated().map { index, condition in
            ServicesReport.Service(
                name: "service-\(index)",
                version: nil,
                containers: [.healthy, condition].map {
                    .init(name: "c", condition: $0, image: "i", startedAt: nil, restarts: 0, exitCode: nil)
                }
            )
        }
        let panel = ServicesPanel(ServicesReport(services, observedAt: SimulatedDesk.now))
        #expect(panel.badge.words == words)
        #expect(words != "Not well" || panel.words.contains("(\(conditions.max()?.rawValue ?? ""))"))
    }

    @Test func `what stands between backticks is shown as something to type, a lone backtick as itself`() {
        #expect(
            Prose("Run `pawl plan`, then wait.").parts == [
                .init(text: "Run ", isCode: false), .init(text: "pawl plan", isCode: true),
                .init(text: ", then wait.", isCode: false),
            ]
        )
        #expect(Prose("`pawl`").parts == [.init(text: "pawl", isCode: true)])
        #expect(Prose("a ` b").parts == [.init(text: "a ` b", isCode: false)])
    }

    @Test func `notes show code as code in every block, and markup of their publisher as text`() async throws {
        try await SimulatedConsole.with { console in
            console.desk.state.withLock {
                $0.notes = "# Set `A=1`\n\nRun `pawl <plan>`.\n\n- `{{x}}` & <script>\n- a ` alone"
            }
            let viewer = try console.person(.viewer)
            try await console.app.test(.router) { client in
                let page = try await viewer.get("/versions/2026.2.1", of: client).text
                #expect(page.contains("<strong>Set <code>A=1</code></strong>"))
                #expect(page.contains("<p>Run <code>pawl &lt;plan&gt;</code>.</p>"))
                #expect(page.contains("<li><code>{{x}}</code> &amp; &lt;script&gt;</li><li>a ` alone</li>"))
            }
        }
    }

    @Test func `that a release was deployed before is said beside that it can be reached`() {
        func words(installed: Bool = false, deployed: Bool = true, reachable: Bool = true) -> [String] {
            ReleaseLine.badges(
                installed: installed,
                deployed: deployed,
                reachable: reachable,
                required: false,
                prerelease: false,
                support: "supported"
            ).map(\.words)
        }
        #expect(words() == ["Can be reached", "Deployed before"])
        #expect(words(reachable: false) == ["Deployed before"])
        #expect(words(installed: true) == ["Installed"])
    }

    @Test func `a moment within a message is one of the reader's zone`() {
        let parts = Prose("Run x holds it: ada started it at 2026-11-26T10:31:22.123456Z, and `it` goes on.").parts
        #expect(
            parts.map(\.text).joined()
                == "Run x holds it: ada started it at 2026-11-26T10:31:22.123456Z, and it goes on."
        )
        #expect(parts.compactMap(\.when).map(\.iso) == ["2026-11-26T10:31:22Z"])
        #expect(parts.first { $0.when != nil }?.when?.text == "26 Nov 2026, 10:31 UTC")
    }
}
