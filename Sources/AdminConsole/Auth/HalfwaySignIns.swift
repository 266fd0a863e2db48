import Foundation
import Hummingbird
import Synchronization
import UpgradeEngine
import UpgradeModel

/// Sign-ins whose password was right and whose second factor is still to come. They are forgotten after five minutes,
/// and when the console stops.
final class HalfwaySignIns: Sendable {
    struct Entry: Sendable {
        var account: AccountName
        /// Another password meanwhile means another sign-in.
        var passwordSetAt: Moment
        var beganAt: Moment
        var next: String
    }

    static let cookie = "__Host-pawl-sign-in"
    /// Seconds.
    static let life = 300.0

    private let entries = Mutex(BoundedTable<String, Entry>(largest: 1024))
    private let now: @Sendable () -> Moment

    init(now: @escaping @Sendable () -> Moment) { self.now = now }

    /// Keeps one; returns the cookie that goes on with it.
    func begin(_ account: Account, next: String) -> Cookie {
        let secret = Secret.make()
        let entry = Entry(
            account: account.name,
            passwordSetAt: account.passwordSetAt,
            beganAt: now(),
            next: next
        )
        entries.withLock { $0.change(Secret.digest(secret), from: entry, at: now()) { _ in } }
        return .host(Self.cookie, secret, maxAge: Int(Self.life))
    }

    /// The one of a cookie; nil where there is none any more.
    func entry(_ secret: String) -> Entry? {
        guard let entry = entries.withLock({ $0.value(Secret.digest(secret)) }),
            abs(entry.beganAt.seconds(to: now())) < Self.life
        else { return nil }
        return entry
    }

    /// Ends one; returns the cookie that takes its cookie away.
    func end(_ secret: String) -> Cookie {
        entries.withLock { $0.remove(Secret.digest(secret)) }
        return .host(Self.cookie, "", maxAge: 0)
    }
}

extension Cookie {
    /// A cookie that only this host gets back, and no script and no other site's request sees.
    static func host(_ name: String, _ value: String, maxAge: Int) -> Cookie {
        Cookie(name: name, value: value, maxAge: maxAge, path: "/", secure: true, httpOnly: true, sameSite: .strict)
    }
}
