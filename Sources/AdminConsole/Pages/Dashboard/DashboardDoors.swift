import Hummingbird
import Reports
import UpgradeModel

/// Where the installation stands.
struct DashboardDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] {
        [
            .page(.get, "/", needs: .look) { visit in
                let status = try await parts.desk.status()
                let page = DashboardPage(
                    status,
                    title: parts.desk.title,
                    services: await ServicesPanel { try await parts.desk.services() },
                    checkedAt: try await parts.desk.pulse().checkedAt,
                    now: parts.now()
                )
                return parts.renderer.page("dashboard", page, title: "Dashboard", visitor: visit.visitor, here: "/")
            },
            .page(.post, "/check", needs: .operate, action: "check") { visit in
                _ = try await parts.desk.check()
                parts.board.beat()
                parts.hub.announce(.check)
                return .redirect(to: visit.form["from"] == "versions" ? "/versions" : "/", type: .normal)
            },
        ]
    }
}
