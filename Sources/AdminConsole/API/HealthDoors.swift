import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import Synchronization
import UpgradeEngine
import UpgradeModel

/// For whoever watches over the console: whether it lives, whether it is ready, and figures.
struct HealthDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] {
        [
            .api(.get, "/healthz", needs: nil) { _ in APIAnswer.json(["status": "ok"]) },
            .api(.get, "/readyz", needs: nil) { _ in await ready() },
            // A proxy on the same machine would make everybody's request one of this machine: no exception for it.
            .api(.get, "/metrics", needs: .look) { _ in
                APIAnswer.text(try await metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
            },
            .api(.get, "/api/v1/openapi.yaml", needs: nil) { _ in
                Response(
                    status: .ok,
                    headers: [.contentType: "application/yaml"],
                    body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_yaml))
                )
            },
        ]
    }

    /// Whether whoever asks for a path reads problem details, not pages.
    static func isForPrograms(_ path: String) -> Bool {
        path.hasPrefix("/api/") || ["/healthz", "/readyz", "/metrics"].contains(path)
    }

    /// Anybody may ask; why it is not ready only those learn who sign in.
    private func ready() async -> Response {
        do {
            try await parts.desk.requireReady()
            return APIAnswer.json(["status": "ready"])
        } catch {
            return APIAnswer.json(["status": "not-ready"], status: .serviceUnavailable)
        }
    }

    private func metrics() async throws -> String {
        let now = parts.now()
        var text = MetricsText()
        let status = try await parts.board.current().report
        if let installed = status.installed {
            text.add("pawl_installed_release", "The installed release, as a label.", ["version": installed.version], 1)
        }
        text.add(
            "pawl_update_available",
            "1 where a newer release is offered.",
            status.update?.available == true ? 1 : 0
        )
        if let days = status.support?.daysLeft {
            text.add("pawl_support_days_left", "Days until support for the installed release ends.", Double(days))
        }
        if let proven = status.wayBack?.provenAt.flatMap({ Moment($0) }) {
            text.add("pawl_last_proof_age_seconds", "Since a backup set was last proven.", proven.seconds(to: now))
        }
        if let backup = status.lastBackup, let made = Moment(backup.createdAt) {
            text.add(
                "pawl_last_backup_age_seconds",
                "Since the newest backup set was made.",
                ["proof": backup.proof],
                made.seconds(to: now)
            )
        }
        text.add("pawl_drift", "1 where something else runs than should.", status.drift == nil ? 0 : 1)
        if let run = status.run {
            text.add("pawl_run", "A run that goes on or waits, by its state.", ["state": run.state], 1)
        }
        let sessions = try parts.records.accounts().reduce(0) { $0 + (try parts.records.sessions(of: $1.name).count) }
        text.add("pawl_sessions", "Browsers that have signed in.", Double(sessions))
        text.add("pawl_event_streams", "Event streams that are open.", Double(parts.hub.count))
        text.requests(parts.traffic.counts)
        if let bytes = ProcessMemory.resident {
            text.add("process_resident_memory_bytes", "Memory of the console's process.", Double(bytes))
        }
        return text.text
    }
}

/// Figures in Prometheus's text form.
struct MetricsText {
    private(set) var text = ""

    mutating func add(_ name: String, _ help: String, _ value: Double) { add(name, help, [:], value) }

    mutating func add(_ name: String, _ help: String, _ labels: [String: String], _ value: Double) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
        line(name, labels, value)
    }

    /// Answers since the start, by the first digit of their status.
    mutating func requests(_ counts: [Int]) {
        let name = "pawl_http_requests_total"
        text += "# HELP \(name) Answered requests, by the class of their status.\n# TYPE \(name) counter\n"
        for (index, count) in counts.enumerated() { line(name, ["status": "\(index + 1)xx"], Double(count)) }
    }

    private mutating func line(_ name: String, _ labels: [String: String], _ value: Double) {
        let words = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
        let number = value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
        text += name + (words.isEmpty ? "" : "{\(words.joined(separator: ","))}") + " \(number)\n"
    }

    static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n")
    }
}

/// Counts answers by the class of their status.
final class Traffic: Sendable {
    private let state = Mutex([0, 0, 0, 0, 0])

    var counts: [Int] { state.withLock { $0 } }

    func count(_ status: HTTPResponse.Status) {
        let index = status.code / 100 - 1
        guard (0..<5).contains(index) else { return }
        state.withLock { $0[index] += 1 }
    }
}

/// Counts what is answered.
struct TrafficCount: RouterMiddleware {
    let traffic: Traffic

    func handle(
        _ request: Request,
        context: ConsoleContext,
        next: @concurrent (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        traffic.count(response.status)
        return response
    }
}

/// What the process takes of the machine.
enum ProcessMemory {
    /// Bytes that are in memory now; nil where the system does not say.
    static var resident: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
    }
}
