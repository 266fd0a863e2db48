import Foundation
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import UpgradeModel

/// Turns values into pages. Every template is parsed at the start, so that a broken one is found at once.
struct PageRenderer: Sendable {
    private let library: MustacheLibrary

    init() throws {
        var library = MustacheLibrary()
        for (name, bytes) in TemplateList.all {
            try library.register(String(decoding: bytes, as: UTF8.self), named: name)
        }
        self.library = library
    }

    /// A page in the console's frame. `refresh` are the seconds after which a browser without script loads it again;
    /// `livesAt` is where a script finds what is live on it, where that is not the address in the browser: a page may be
    /// the answer to a form.
    func page(
        _ template: String,
        _ content: Any,
        title: String,
        visitor: Visitor?,
        status: HTTPResponse.Status = .ok,
        here: String = "",
        refresh: Int? = nil,
        livesAt: String? = nil
    ) -> Response {
        let frame = Frame(
            title: title,
            visitor: visitor.map { Frame.Person(name: $0.name.text, role: $0.role.rawValue) },
            csrf: visitor?.csrf ?? "",
            style: AssetDoors.address(of: "console.css"),
            script: AssetDoors.address(of: "console.js"),
            icon: AssetDoors.address(of: "console.svg"),
            places: Frame.places(here),
            mayOperate: visitor?.role.allows(.operate) ?? false,
            mayAdminister: visitor?.role.allows(.administer) ?? false,
            refresh: refresh.map { "\($0); url=\(livesAt ?? "")\(livesAt?.contains("?") == true ? "&" : "?")live=1" },
            livesAt: livesAt,
            content: content
        )
        return Response(
            status: status,
            headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text(template, frame)))
        )
    }

    /// A template by itself.
    func text(_ template: String, _ value: Any) -> String { library.render(value, withTemplate: template) ?? "" }
}

/// What surrounds every page.
///
/// A name that a page's own value lacks, or has as nil, is looked for here: a page writes `{{.name}}` where it means its
/// own.
struct Frame {
    struct Person {
        var name: String
        var role: String
    }

    struct Place {
        var title: String
        var path: String
        var isHere: Bool
    }

    var title: String
    var visitor: Person?
    var csrf: String
    var style: String
    var script: String
    var icon: String
    var places: [Place]
    /// What forms are shown; the doors look again.
    var mayOperate: Bool
    var mayAdminister: Bool
    /// When a browser without script loads the page again, and from where: an address that says that nobody asks.
    var refresh: String?
    var livesAt: String?
    var content: Any

    static func places(_ here: String) -> [Place] {
        [
            ("Dashboard", "/"), ("Versions", "/versions"), ("Upgrade", "/upgrade"), ("Backups", "/backups"),
            ("History", "/history"), ("Settings", "/settings"),
        ].map { Place(title: $0.0, path: $0.1, isHere: $0.1 == here) }
    }
}

/// The templates, by name. A file that is not here is not found; a test compares this list with the folder.
enum TemplateList {
    static let all: [(name: String, bytes: [UInt8])] = [
        ("frame", PackageResources.frame_mustache),
        ("mark", PackageResources.mark_mustache),
        ("time", PackageResources.time_mustache),
        ("badge", PackageResources.badge_mustache),
        ("problem", PackageResources.problem_mustache),
        ("sign-in", PackageResources.sign_in_mustache),
        ("sign-in-code", PackageResources.sign_in_code_mustache),
        ("dashboard", PackageResources.dashboard_mustache),
        ("versions", PackageResources.versions_mustache),
        ("version", PackageResources.version_mustache),
        ("way", PackageResources.way_mustache),
        ("notes", PackageResources.notes_mustache),
        ("prose", PackageResources.prose_mustache),
        ("upgrade", PackageResources.upgrade_mustache),
        ("finding", PackageResources.finding_mustache),
        ("details", PackageResources.details_mustache),
        ("report", PackageResources.report_mustache),
        ("backups", PackageResources.backups_mustache),
        ("backup", PackageResources.backup_mustache),
        ("restore", PackageResources.restore_mustache),
        ("history", PackageResources.history_mustache),
        ("audit", PackageResources.audit_mustache),
        ("confirm", PackageResources.confirm_mustache),
        ("first-start", PackageResources.first_start_mustache),
        ("settings", PackageResources.settings_mustache),
        ("settings-password", PackageResources.settings_password_mustache),
        ("settings-second-factor", PackageResources.settings_second_factor_mustache),
        ("settings-sessions", PackageResources.settings_sessions_mustache),
        ("settings-tokens", PackageResources.settings_tokens_mustache),
        ("settings-users", PackageResources.settings_users_mustache),
        ("settings-certificate", PackageResources.settings_certificate_mustache),
        ("settings-about", PackageResources.settings_about_mustache),
        ("settings-schedule", PackageResources.settings_schedule_mustache),
        ("settings-notifications", PackageResources.settings_notifications_mustache),
        ("settings-channel", PackageResources.settings_channel_mustache),
    ]
}
