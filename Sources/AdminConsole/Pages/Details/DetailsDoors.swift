import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import UpgradeEngine
import UpgradeModel

/// One run: its steps, its log, and what can be decided about it.
struct DetailsDoors: Sendable {
    let parts: ConsoleParts
    private let writing = ReadingThread("downloads")

    init(parts: ConsoleParts) { self.parts = parts }

    func all() -> [Door] { pages() + downloads() }

    private func downloads() -> [Door] {
        [
            Door.download("/runs/:id/log.txt", "/api/v1/runs/:id/log.txt", needs: .look) { try await log($0) },
            Door.download("/runs/:id/report.html", "/api/v1/runs/:id/report.html", needs: .look) {
                try await report($0)
            },
        ].flatMap(\.self).map { $0.taking(.long) }
    }

    private func pages() -> [Door] {
        [
            .page(.get, "/runs/:id", needs: .look) { try await show($0) },
            .page(
                .post,
                "/runs/:id/retry",
                needs: .operate,
                confirmed: true,
                action: .retry,
                of: { Deeds.retry($0, to: $0.form["to"]) }
            ) { visit in
                let (id, person) = (try Self.run(visit), visit.visitor?.person ?? "")
                let target = try UpgradeDoors.target(visit.form["to"])
                return try await decide(visit, .retry(by: person, target: target), about: id) {
                    // Whether what was restored is used elsewhere nobody says by a click: the refusal names the command.
                    try await parts.desk.retry(id, to: target, by: person, restoredElsewhere: false)
                }
            },
            .page(.post, "/runs/:id/abort", needs: .operate, confirmed: true, action: .abort) { visit in
                let (id, person) = (try Self.run(visit), visit.visitor?.person ?? "")
                return try await decide(visit, .abort(by: person), about: id) {
                    try await parts.desk.abort(id, by: person)
                }
            },
        ]
    }

    private static func run(_ visit: Visit) throws -> RunID {
        guard let id = RunID(visit.parameter("id")) else { throw Refusal.unknown("run") }
        return id
    }

    private func decide(
        _ visit: Visit,
        _ decision: Decision,
        about id: RunID,
        _ ask: () async throws -> RunReport
    ) async throws -> Response {
        do {
            return .redirect(to: "/runs/\(try await ask().id)", type: .normal)
        } catch let trouble as Trouble where Self.past.contains(trouble.code) {
            guard let run = try await parts.decided(visit, decision, about: id) else { throw trouble }
            return run
        }
    }

    /// What a run says that does not wait for a decision, or not any more.
    private static let past: Set<String> = ["decision-waiting", "cannot-retry", "cannot-abort"]

    /// The most lines that the page of a run shows, and the most bytes of a tool's log that the download has.
    static let mostLines = 500
    static let mostBytes = 1 << 20

    private func show(_ visit: Visit) async throws -> Response {
        let id = try Self.run(visit)
        let run = try await parts.desk.run(id)
        let events = try await parts.desk.newestEvents(of: id, most: Self.mostLines)
        let (logs, withheld) = await logs(of: id)
        let others =
            run.choices.contains("retry")
            ? ((try? await parts.desk.replacements(for: id)) ?? []).reversed().map(\.description) : []
        var page = DetailsPage(run, events: events, logs: logs, others: others, now: parts.now())
        page.withheld = withheld.map { Prose($0) }
        // What runs now says nothing of a run that another has followed.
        if try await parts.desk.runs().runs.first?.id == run.id {
            page.containers = await ServicesPanel { try await parts.desk.services() }
        }
        return parts.renderer.page(
            "details",
            page,
            title: page.heading,
            visitor: visit.visitor,
            here: "/history",
            // Whoever reads what can be decided is not interrupted, and the choice of a release stays made.
            refresh: page.isLive && !page.isWaiting ? 5 : nil
        )
    }

    private func log(_ visit: Visit) async throws -> Response {
        let id = try Self.run(visit)
        let run = try await parts.desk.run(id)
        let events = try await parts.desk.story(of: id, withProgress: true)
        let (tails, withheld) = await logs(of: id)
        var logs: [LogTail] = []
        for tail in tails {
            if let log = try? await parts.desk.log(tail.name, of: id, bytes: Self.mostBytes) { logs.append(log) }
        }
        let text = try await writing.read { [logs] in Self.text(of: run, events, logs, withheld) }
        return Self.download(text, "text/plain; charset=utf-8", "pawl-\(run.id).log.txt")
    }

    private static func text(
        of run: RunReport,
        _ events: [EventReport],
        _ logs: [LogTail],
        _ withheld: String?
    ) -> String {
        var text = "Run \(run.id): \(Words.title(of: run))\n\n"
        for event in events {
            text += "\(event.at)  \(event.hop ?? "-")  \(event.step ?? "-")  \(TextLayout.plain(event.message))\n"
        }
        for log in logs {
            text += "\n==> \(log.name) <==\n"
            if let cut = DetailsPage.cut(log) { text += "[\(cut)]\n" }
            text += TextLayout.plain(log.text) + "\n"
        }
        if let withheld { text += "\n\(withheld)\n" }
        return text
    }

    /// The logs, or why there are none: that is no reason to show nothing else.
    private func logs(of id: RunID) async -> (tails: [LogTail], withheld: String?) {
        do {
            return (try await parts.desk.logs(of: id), nil)
        } catch let trouble as Trouble {
            return ([], "\(trouble.message) \(trouble.remedy)")
        } catch {
            return ([], "The logs cannot be read.")
        }
    }

    private func report(_ visit: Visit) async throws -> Response {
        let id = try Self.run(visit)
        let events = try await parts.desk.story(of: id, withProgress: false)
        let run = try await parts.desk.run(id)
        let (tails, withheld) = await logs(of: id)
        var page = DetailsPage(run, events: events, logs: tails, others: [], now: parts.now())
        page.evidence = DetailsPage.Evidence(
            tools: page.logs,
            none: withheld ?? "No tool has said anything.",
            json: JSONText.document(run),
            writtenBy: "Written by Pawl \(parts.about.version) on \(parts.now())."
        )
        let text = parts.renderer.text("report", page)
        return Self.download(text, "text/html; charset=utf-8", "pawl-\(run.id).html")
    }

    static func download(_ text: String, _ type: String, _ name: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: type, .contentDisposition: "attachment; filename=\"\(name)\""],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}
