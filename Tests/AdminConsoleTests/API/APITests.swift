import Foundation
import Hummingbird
import HummingbirdTesting
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
                    "runs/\(run)", "runs/\(run)/logs", "runs/\(run)/log?name=dump.log", "jobs",
                ] {
                    let answer = try await viewer.get("/api/v1/" + path, of: client)
                    #expect(answer.status == .ok, "\(path): \(answer.text)")
                }
                let doors = console.parts.doors().filter { $0.path.hasPrefix("/api/") && $0.method == .post }
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
