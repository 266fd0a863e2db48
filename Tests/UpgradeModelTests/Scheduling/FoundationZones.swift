import Foundation
import UpgradeModel

/// The rules of a real zone, found by looking at its offset every hour and closing in on each change.
enum FoundationZones {
    static func rules(_ name: String, from first: Int, to last: Int) throws -> ZoneRules {
        let zone = try zone(name)
        func offset(_ seconds: Int) -> Int { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))) }
        var changes: [ZoneRules.Change] = []
        for start in stride(from: first, to: last, by: 3600) where offset(start) != offset(start + 3600) {
            var (low, high) = (start, start + 3600)
            while high - low > 1 {
                let middle = (low + high) / 2
                if offset(middle) == offset(start) { low = middle } else { high = middle }
            }
            changes.append(ZoneRules.Change(at: high, offset: offset(high)))
        }
        return ZoneRules(name: name, offset: offset(first), changes: changes)
    }

    static func zone(_ name: String) throws -> TimeZone {
        guard let zone = TimeZone(identifier: name) else { throw NoSuchZone(name: name) }
        return zone
    }

    struct NoSuchZone: Error { let name: String }
}
