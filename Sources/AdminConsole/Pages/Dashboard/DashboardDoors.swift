import Hummingbird
import Reports
import UpgradeEngine
import UpgradeModel

/// Where the installation stands.
struct DashboardDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] {
        [
            .page(.get, "/", needs: .look) { visit in
                async let services = ServicesPanel { try await parts.desk.services() }
                let seen = try await parts.board.fresh()
                let page = DashboardPage(
                    seen.report,
                    title: parts.desk.title,
                    services: await services,
                    age: seen.age,
                    checkedAt: try parts.automation?.checkedAt(),
                    ofConsole: parts.about.certificate?.notices ?? [],
                    now: parts.now()
                )
                return parts.renderer.page("dashboard", page, title: "Dashboard", visitor: visit.visitor, here: "/")
            },
            .page(.post, "/check", needs: .operate, action: .check, of: { _ in "releases" }) { visit in
                _ = try await parts.desk.check()
                parts.board.beat()
                parts.hub.announce(.check)
                return .redirect(to: visit.form["from"] == "versions" ? "/versions" : "/", type: .normal)
            },
        ]
    }
}
