import Foundation
import Hummingbird
import HummingbirdTesting
import Simulators
import StateStore
import Synchronization
import Testing
import UpgradeModel

@testable import AdminConsole

struct APITests {
    @Test func `what is asked for without signing in is told as a problem`() async throws {
        try await SimulatedConsole.with { console in
            try await console.app.test(.router) { client in
                let answer = try await client.execute(uri: "/api/v1/status", method: .get) { $0 }
                #expect(answer.status == .unauthorized)
                #expect(answer.headers[.contentType] == "application/problem+json")
                #expect(try answer.value("code") == "not-signed-in")
            }
        }
    }

    @Test func `a viewer may see everything but the audit trail, and do nothing`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try await console.app.test(.router) { client in
                for path in [
                    "status", "services", "releases", "releases/2026.2.1", "plan", "plan?to=2026.2.1", "backups",
                    "retention",
                    "runs",
                    "runs/\(run)", "runs/\(run)/logs", "runs/\(run)/log?name=dump.log", "runs/\(run)/log.txt",
                    "runs/\(run)/report.html", "runs.csv", "jobs", "sessions", "tokens", "about", "certificate",
                ] {
                    let answer = try await viewer.get("/api/v1/" + path, of: client)
                    #expect(answer.status == .ok, "\(path): \(answer.text)")
                }
                let doors = console.parts.doors().filter {
                    $0.path.hasPrefix("/api/") && $0.method == .post && $0.permission != .look
                }
                #expect(doors.count > 7)
                for door in doors {
                    let path = door.path.replacingOccurrences(of: ":id", with: "\(run)")
                    #expect(try await viewer.post(path, to: client).status == .forbidden, "\(path)")
                }
                #expect(try await viewer.get("/api/v1/audit", of: client).status == .forbidden)
                #expect(try await console.person(.admin).get("/api/v1/audit", of: client).status == .ok)
                #expect(try console.store.runs().count == 1)
            }
        }
    }

    @Test func `an upgrade is begun by whoever asks, and answers with the run`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                let answer = try await person.post("/api/v1/runs", #"{"kind":"upgrade","to":"2026.2.1"}"#, to: client)
                #expect(answer.status == .created)
                let id = try #require(try answer.value("id"))
                #expect(answer.headers[.location] == "/api/v1/runs/\(id)")
                #expect(try answer.value("startedBy") == "operator in the console")
                #expect(try await person.get("/api/v1/runs/\(id)", of: client).value("to") == "2026.2.1")
            }
        }
    }

    @Test func `where a check says no its findings are told, and no run is begun`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let finding = Finding(check: "disk", title: "Disk", outcome: .fail, message: "Full.", remedy: "Free some.")
            console.desk.state.withLock { $0.findings = [finding] }
            try await console.app.test(.router) { client in
                let answer = try await person.post("/api/v1/runs", #"{"kind":"upgrade"}"#, to: client)
                #expect(answer.status == .conflict)
                #expect(try answer.value("code") == "refused-by-checks")
                let preflight = try answer.json["preflight"] as? [String: Any]
                #expect(preflight?["outcome"] as? String == "fail")
                #expect(try console.store.runs().isEmpty)
                #expect(try console.store.audit(before: nil, limit: 1).map(\.outcome) == [.refused])
            }
        }
    }

    @Test func `a dry run says what would happen and begins nothing, whatever the checks say`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let finding = Finding(check: "disk", title: "Disk", outcome: .fail, message: "Full.", remedy: "Free some.")
            console.desk.state.withLock { $0.findings = [finding] }
            try await console.app.test(.router) { client in
                let answer = try await person.post("/api/v1/dry-run", #"{"to":"2026.2.1"}"#, to: client)
                #expect(answer.status == .ok)
                let parts = ["plan", "preflight", "commands", "durationSeconds", "downtimeSeconds", "backup", "disk"]
                #expect(try Set(answer.json.keys) == Set(parts))
                #expect(try (answer.json["plan"] as? [String: Any])?["to"] as? String == "2026.2.1")
                #expect(try (answer.json["preflight"] as? [String: Any])?["outcome"] as? String == "fail")
                #expect(try console.store.runs().isEmpty)
                let unknown = try await person.post("/api/v1/dry-run", #"{"to":"2030.1.1"}"#, to: client)
                #expect(unknown.status == .notFound)
                #expect(try await person.post("/api/v1/dry-run", #"{"too":"x"}"#, to: client).status == .badRequest)
            }
            let trail = try console.store.audit(before: nil, limit: 9).map { "\($0.action) \($0.subject)" }
            #expect(trail.last == "preflight 2026.2.1")
        }
    }

    @Test func `runs and the trail are filtered and exported as the pages do it`() async throws {
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            let first = try console.desk.begin()
            try console.desk.carry(first)
            let second = try console.desk.begin(
                RunPlan(from: Story.releases[0], hops: [Story.releases[1]], highWaterMark: nil),
                by: "eve"
            )
            try await console.app.test(.router) { client in
                func ids(_ query: String) async throws -> [String?] {
                    let runs = try await admin.get("/api/v1/runs" + query, of: client).json["runs"] as? [[String: Any]]
                    return try #require(runs).map { $0["id"] as? String }
                }
                #expect(try await ids("").count == 2)
                #expect(try await ids("?state=succeeded") == [first.description])
                #expect(try await ids("?kind=upgrade&text=EVE") == [second.description])
                #expect(try await ids("?kind=restore").isEmpty)
                #expect(try await ids("?kind=upgrade&limit=1").count == 1)
                let table = try await admin.get("/api/v1/runs.csv?text=eve", of: client)
                #expect(table.headers[.contentType] == "text/csv; charset=utf-8")
                #expect(table.text == (try await admin.get("/history.csv?text=eve", of: client).text))
                #expect(table.text.contains(second.description) && !table.text.contains(first.description))
                for query in ["kind=x", "state=done", "text=" + String(repeating: "x", count: 101)] {
                    #expect(try await admin.get("/api/v1/runs?" + query, of: client).status == .badRequest)
                    #expect(try await admin.get("/api/v1/runs.csv?" + query, of: client).status == .badRequest)
                }
                for number in 1...3 {
                    try console.store.note(
                        AuditEntry(
                            at: SimulatedDesk.now,
                            actor: number == 2 ? "eve" : "ada",
                            address: "-",
                            action: "check",
                            subject: "\(number)",
                            outcome: .done
                        )
                    )
                }
                func lines(_ query: String) async throws -> [String?] {
                    let answer = try await admin.get("/api/v1/audit" + query, of: client)
                    return try #require(answer.json["entries"] as? [[String: Any]]).map { $0["subject"] as? String }
                }
                #expect(try await lines("?text=ADA") == ["3", "1"])
                #expect(try await lines("?text=ada&limit=1") == ["3"])
                #expect(try await lines("?text=ada&before=3") == ["1"])
                #expect(try await lines("?limit=2") == ["3", "2"])
                for path in ["/audit.csv?text=eve", "/audit.json?text=eve"] {
                    let export = try await admin.get("/api/v1" + path, of: client)
                    #expect(export.status == .ok && export.text.contains("eve") && !export.text.contains("ada"))
                    #expect(export.text == (try await admin.get(path, of: client).text))
                }
                #expect(try await admin.get("/api/v1/audit.csv?before=x", of: client).status == .badRequest)
            }
        }
    }

    @Test func `the console says what it is, and that it has no certificate where it speaks plain HTTP`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            try await console.app.test(.router) { client in
                let about = try await viewer.get("/api/v1/about", of: client)
                #expect(about.text == #"{"product":"Demo","version":""}"#)
                let certificate = try await viewer.get("/api/v1/certificate", of: client)
                #expect(certificate.text == #"{"certificate":null}"#)
            }
        }
    }

    @Test func `a request that cannot be understood changes nothing and says why`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                for body in [
                    "", "{", "[]", #"{"kind":"downgrade"}"#, #"{"kind":"upgrade","too":"2026.2.1"}"#,
                    #"{"kind":"upgrade","to":"x y"}"#, #"{"kind":"upgrade","rehearse":"yes"}"#,
                    #"{"kind":"upgrade","backup":"x"}"#, #"{"kind":"restore","backup":"../x"}"#,
                    #"{"kind":"restore","backup":"x","identity":"key.txt"}"#,
                    #"{"kind":"upgrade","to":"\#(String(repeating: "1", count: 65))"}"#,
                ] {
                    let answer = try await person.post("/api/v1/runs", body, to: client)
                    #expect(answer.status == .badRequest, "\(body): \(answer.text)")
                    #expect(try answer.value("code") == "invalid-request")
                }
                let type = ["Content-Type": "text/plain"]
                #expect(
                    try await person.post("/api/v1/runs", "{}", to: client, type).status == .unsupportedMediaType
                )
                #expect(try console.store.runs().isEmpty)
            }
        }
    }

    @Test func `what there is not is not found`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                for path in [
                    "runs/x", "runs/..", "runs/A%20B", "runs/x/events", "runs/x/logs", "backups/x", "backups/%2Fetc",
                    "backups/x/restore-outlook", "releases/9.9.9", "releases/%FF", "jobs/x", "nothing",
                ] {
                    let answer = try await person.get("/api/v1/" + path, of: client)
                    #expect(answer.status == .notFound, "\(path): \(answer.text)")
                    #expect(answer.headers[.contentType] == "application/problem+json")
                }
            }
        }
    }

    @Test func `what may not be removed is not removed by an outdated agreement`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                let outdated = try await person.post("/api/v1/retention/prune", #"{"removed":["x"]}"#, to: client)
                #expect(outdated.status == .conflict)
                #expect(try outdated.value("code") == "preview-outdated")
                #expect(try await person.post("/api/v1/retention/prune", "{}", to: client).status == .badRequest)
                let agreed = try await person.post("/api/v1/retention/prune", #"{"removed":[]}"#, to: client)
                #expect(agreed.status == .ok)
            }
        }
    }

    @Test func `a backup is a job that is begun and can be asked for`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                let answer = try await person.post("/api/v1/backups", to: client)
                #expect(answer.status == .accepted)
                let place = try #require(answer.headers[.location])
                #expect(try await person.get(place, of: client).value("state") == "running")
            }
        }
    }

    @Test func `the console is alive in safe mode, and not ready`() async throws {
        try await SimulatedConsole.with { console in
            try await console.app.test(.router) { client in
                func status(_ path: String) async throws -> Int {
                    try await client.execute(uri: path, method: .get) { $0.status.code }
                }
                #expect(try await status("/healthz") == 200)
                #expect(try await status("/readyz") == 200)
                let trouble = Trouble(.environment, "journal-broken", "Secret path.", remedy: "Restore it.")
                console.desk.state.withLock { $0.safeMode = trouble }
                #expect(try await status("/healthz") == 200)
                let answer = try await client.execute(uri: "/readyz", method: .get) { $0 }
                #expect(answer.status == .serviceUnavailable)
                #expect(!answer.text.contains("Secret"))
            }
        }
    }

    @Test func `figures are for those who may look, and hold no broken line`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            try await console.app.test(.router) { client in
                #expect(try await client.execute(uri: "/metrics", method: .get) { $0.status } == .unauthorized)
                let text = try await viewer.get("/metrics", of: client).text
                #expect(text.contains("pawl_installed_release{version=\"2026.1.1\"} 1\n"))
                #expect(text.contains("pawl_update_available 1\n"))
                #expect(text.contains("pawl_sessions 1\n"))
                #expect(text.contains("pawl_http_requests_total{status=\"4xx\"} 1\n"))
                #expect(text.contains("process_resident_memory_bytes "))
            }
            #expect(MetricsText.escaped("a\"b\\c\nd") == "a\\\"b\\\\c\\nd")
        }
    }
}
