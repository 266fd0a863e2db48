import Foundation
import Synchronization
package import UpgradeModel

/// The secret with which the very first account is made: whoever can read the data folder may make it.
///
/// It is made anew at every start, works once and for a day. It is written down when the console listens, so that one
/// which cannot listen takes no other's secret away.
package final class Bootstrap: Sendable {
    /// How long it works.
    package static let life = Duration.seconds(86_400)

    /// Where the secret is to be read.
    package let path: String
    private let secret: Mutex<String?>
    private let expiresAt: Moment

    /// Makes a secret; nobody can read it yet.
    package init(path: String, at now: Moment) {
        self.path = path
        expiresAt = now.adding(Self.life)
        secret = Mutex(Secret.make())
    }

    /// Writes the secret to a file that only its owner may read.
    ///
    /// - Throws: code `bootstrap-unwritable`.
    package func publish() throws(Trouble) {
        guard let secret = self.secret.withLock(\.self) else { return }
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.unwritable(path) }
        defer { close(file) }
        let bytes = Array((secret + "\n").utf8)
        guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else { throw Self.unwritable(path) }
    }

    /// Whether this is the secret, and it still works.
    func opens(_ secret: String, at now: Moment) -> Bool {
        let given = Secret.digest(secret.trimmingCharacters(in: .whitespacesAndNewlines))
        guard now < expiresAt, let kept = self.secret.withLock(\.self) else { return false }
        return SafeCompare.equal(Data(given.utf8), Data(Secret.digest(kept).utf8))
    }

    /// It has done its work, or is no longer needed.
    package func remove() {
        let ours = secret.withLock { secret in
            defer { secret = nil }
            return secret
        }
        // Another console over the same data folder may have written its own.
        guard let ours, FileManager.default.contents(atPath: path) == Data((ours + "\n").utf8) else { return }
        unlink(path)
    }

    private static func unwritable(_ path: String) -> Trouble {
        Trouble(
            .environment,
            "bootstrap-unwritable",
            "The secret for the first account cannot be written to \(path).",
            remedy: "See to the data folder, or make the first account with `pawl console reset-password`."
        )
    }
}
