import Hummingbird
import UpgradeModel

/// The settings: a list of sections, of which everybody sees what they may use.
struct SettingsDoors: Sendable {
    let parts: ConsoleParts

    /// A page of the settings.
    struct Section: Sendable {
        var title: String
        var path: String
        var words: String
        var permission: Permission
    }

    /// Every section, in order. A new one is a line here.
    static let sections = [
        Section(
            title: "Password",
            path: "/settings/password",
            words: "Change the password that you sign in with.",
            permission: .look
        ),
        Section(
            title: "Second factor",
            path: "/settings/second-factor",
            words: "Codes of a program or device of yours, asked for after the password.",
            permission: .look
        ),
        Section(
            title: "Sessions",
            path: "/settings/sessions",
            words: "Where you are signed in, and how to end that.",
            permission: .look
        ),
        Section(
            title: "API tokens",
            path: "/settings/tokens",
            words: "For programs that use the API in your name.",
            permission: .look
        ),
        Section(
            title: "Checks and windows",
            path: "/settings/schedule",
            words: "When the source is asked for releases, and when upgrades are meant to begin.",
            permission: .administer
        ),
        Section(
            title: "Notifications",
            path: "/settings/notifications",
            words: "Who is told of releases, runs and trouble.",
            permission: .administer
        ),
        Section(
            title: "Users and roles",
            path: "/settings/users",
            words: "Who may look, operate and administer.",
            permission: .administer
        ),
        Section(
            title: "Certificate",
            path: "/settings/certificate",
            words: "How browsers know that they speak with this console.",
            permission: .look
        ),
        Section(
            title: "About",
            path: "/settings/about",
            words: "The version of Pawl and what it is made of.",
            permission: .look
        ),
    ]

    struct Page {
        var sections: [Section]
    }

    func all() -> [Door] {
        let own: [Door] = [
            .page(.get, "/settings", needs: .look) { visit in
                let paths = Set(parts.doors().map(\.path))
                let sections = Self.sections.filter {
                    visit.visitor?.role.allows($0.permission) == true && paths.contains($0.path)
                }
                return parts.renderer.page(
                    "settings",
                    Page(sections: sections),
                    title: "Settings",
                    visitor: visit.visitor,
                    here: "/settings"
                )
            }
        ]
        return own + PasswordDoors(parts: parts).all() + SecondFactorDoors(parts: parts).all()
            + SessionDoors(parts: parts).all() + TokenDoors(parts: parts).all() + UserDoors(parts: parts).all()
            + AboutDoors(parts: parts).all()
    }
}
