import Hummingbird
import Reports
import UpgradeModel

/// Where the installation stands.
struct DashboardDoors: Sendable {
    let parts: ConsoleParts

    /// What the page shows.
    struct Page {
        var product: String
        var installed: String
        var releasedAt: String?
        var latest: String?
        var isUpdateAvailable: Bool
        var supportWords: String
        var backup: String
        var notices: [String]

        init(_ status: StatusReport, title: String) {
            product = title
            installed = status.installed?.version ?? "unknown"
            releasedAt = status.installed?.releasedAt
            latest = status.update?.latest
            isUpdateAvailable = status.update?.available ?? false
            supportWords = status.support?.endsOn.map { "Supported until \($0)" } ?? "Support unknown"
            backup = status.lastBackup.map { "\($0.id), \($0.proof)" } ?? "none"
            notices = status.notices
        }
    }

    func all() -> [Door] {
        [
            .page(.get, "/", needs: .look) { visit in
                let page = Page(try await parts.desk.status(), title: parts.desk.title)
                return parts.renderer.page("dashboard", page, title: "Dashboard", visitor: visit.visitor, here: "/")
            }
        ]
    }
}
