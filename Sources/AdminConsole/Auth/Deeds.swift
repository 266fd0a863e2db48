import Hummingbird
import UpgradeModel

/// What the audit trail says that a change was of, the same for pages and API.
enum Deeds {
    /// An upgrade; `target` is what was typed or sent, and may be anything.
    static func upgrade(to target: String?, rehearses: Bool, outsideWindow: Bool) -> String {
        release(target) + (rehearses ? ", rehearsed" : "") + (outsideWindow ? ", outside windows" : "")
    }

    /// A release that is named, or the newest.
    static func release(_ target: String?) -> String { target.given ?? "newest release" }

    /// A run that goes on, with another release where one is named.
    static func retry(_ visit: Visit, to target: String?, restoredElsewhere: Bool = false) -> String {
        visit.parameter("id") + (target.given.map { " to \($0)" } ?? "")
            + (restoredElsewhere ? ", restored elsewhere" : "")
    }

    /// An account that gets another role, as it was typed or sent.
    static func role(of name: String, _ before: Account?, to role: String?) -> String {
        "\(name) \(before?.role.rawValue ?? "nobody")→\(role ?? "")"
    }

    /// All sessions of somebody but the one that asks.
    static func otherSessions(of visitor: Visitor?) -> String { (visitor?.name.text ?? "") + ", all others" }

    /// A session, by as much of its id as tells it from others.
    static func session(_ id: String) -> String { String(id.prefix(16)) }

    /// A token that is to be made.
    static func token(_ name: String?, _ role: String?, days: String?) -> String {
        "\(name ?? "") \(role ?? "") for \(days ?? "") days"
    }

    /// A channel: what people call it, and where it sends.
    static func channel(_ channel: NoticeChannel) -> String {
        "\(channel.name) → \(channel.route.place)" + (channel.isOn ? "" : " (off)")
    }

    /// Everybody who is told.
    static func notifications(_ notifications: ConsoleSettings.Notifications) -> String {
        let channels = notifications.channels.map { channel($0) }
        return (channels.isEmpty ? "none" : channels.joined(separator: "; "))
            + (notifications.allowsLocal ? "; local addresses allowed" : "")
    }

    /// When the source is asked.
    static func checks(_ checks: ConsoleSettings.Checks) -> String { "\(checks.schedule.text) \(checks.zone)" }

    /// When upgrades are meant to begin.
    static func windows(_ windows: ConsoleSettings.Windows) -> String {
        let words = windows.windows.windows.map { "\($0.days.joined(separator: ",")) \($0.opening)-\($0.closing)" }
        return (words.isEmpty ? "none" : words.joined(separator: "; ")) + " \(windows.zone)"
    }
}

extension NoticeChannel.Route {
    /// Where it sends, without what may be secret.
    var place: String {
        switch self {
        case .webhook(let target, _), .slack(let target): target.shown
        case .mail(let mail): mail.to.map(\.text).joined(separator: ", ") + " by \(mail.host):\(mail.port)"
        }
    }
}
