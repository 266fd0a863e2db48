import Synchronization
import UpgradeEngine
import UpgradeModel

/// How often somebody may ask, whatever they ask for: a bucket per address or person that fills at a fixed rate.
final class RateLimits: Sendable {
    /// What is bounded.
    enum Kind: Sendable, Hashable {
        /// Requests of an address that has not signed in.
        case anonymous
        /// The same of a browser that has signed in before, wherever it comes from.
        case knownBrowser
        /// Questions of an address whether the console lives and is ready.
        case probe
        /// What is the same for everybody, asked for by an address: style sheet, script, the description of the API.
        case document
        /// Requests of somebody who has.
        case signedIn
        /// Changes that somebody asks for.
        case change
        /// Tries of the bootstrap secret.
        case bootstrap

        /// How many at once, and how many a second in the long run.
        var bucket: (size: Double, perSecond: Double) {
            switch self {
            case .anonymous, .knownBrowser, .probe, .document: (400, 100)
            case .signedIn: (20_000, 10_000)
            case .change: (200, 20)
            case .bootstrap: (10, 0.1)
            }
        }
    }

    private struct Key: Hashable {
        var kind: Kind
        var who: String
    }

    private struct Bucket {
        var left: Double
        var at: Moment
    }

    private let buckets = Mutex(BoundedTable<Key, Bucket>(largest: 8192))
    private let now: @Sendable () -> Moment

    init(now: @escaping @Sendable () -> Moment) { self.now = now }

    /// Takes one from a bucket.
    ///
    /// - Throws: `too-many-requests` where it is empty.
    func take(_ kind: Kind, _ who: String) throws(Refusal) {
        let now = now()
        let (size, perSecond) = kind.bucket
        let isLeft = buckets.withLock { buckets in
            buckets.change(Key(kind: kind, who: who), from: Bucket(left: size, at: now), at: now) { bucket in
                bucket.left = min(size, bucket.left + max(0, bucket.at.seconds(to: now)) * perSecond)
                bucket.at = now
                guard bucket.left >= 1 else { return false }
                bucket.left -= 1
                return true
            }
        }
        guard isLeft else { throw .tooMany(seconds: 1) }
    }
}
