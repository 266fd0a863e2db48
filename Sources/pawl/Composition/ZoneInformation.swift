import Foundation
import Synchronization
import UpgradeEngine
import UpgradeModel

/// The time zones that the machine's libraries know.
final class ZoneInformation: ZoneBook {
    private struct Key: Hashable {
        var name: String
        var month: Int
    }

    /// Finding the changes of a zone takes thousands of questions; they stay the same for a month.
    private let found = Mutex<[Key: ZoneRules]>([:])

    var names: [String] { ["UTC"] + TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") }.sorted() }

    func rules(of name: String, around moment: Moment) -> ZoneRules? {
        guard name != "UTC" else { return .utc }
        guard name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        let key = Key(name: name, month: moment.wholeSeconds / (30 * Self.day))
        if let rules = found.withLock({ $0[key] }) { return rules }
        let rules = Self.rules(name, zone, around: key.month * 30 * Self.day)
        found.withLock { found in
            if found.count > 100 { found = [:] }
            found[key] = rules
        }
        return rules
    }

    private static let day = 86_400

    /// Asks for the offset of each day, and closes in on the change where it is another one.
    private static func rules(_ name: String, _ zone: TimeZone, around middle: Int) -> ZoneRules {
        func offset(_ seconds: Int) -> Int { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))) }
        let (first, last) = (middle - 400 * day, middle + 10 * 366 * day)
        var changes: [ZoneRules.Change] = []
        var before = offset(first)
        for start in stride(from: first, to: last, by: day) {
            let after = offset(start + day)
            guard after != before else { continue }
            var (low, high) = (start, start + day)
            while high - low > 1 {
                let middle = (low + high) / 2
                if offset(middle) == before { low = middle } else { high = middle }
            }
            changes.append(ZoneRules.Change(at: high, offset: after))
            before = after
        }
        return ZoneRules(name: name, offset: offset(first), changes: changes)
    }
}
