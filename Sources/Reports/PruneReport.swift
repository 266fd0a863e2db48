import UpgradeModel

/// What dead runs leave.
package enum DebrisKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A set that was begun and not finished.
    case unfinishedSet
    /// A set that was being removed.
    case halfRemovedSet
    /// A scratch server with its copy of the data.
    case scratch
    /// An unpacked release package.
    case package
    /// A backup set's configuration and release, unpacked for a restore.
    case restore
    /// Something in the folder of the sets that this installation did not make; it is never removed.
    case foreign

    /// The kind in a few words.
    var words: String {
        switch self {
        case .unfinishedSet: "a set that was never finished"
        case .halfRemovedSet: "a set that was being removed"
        case .scratch: "a scratch server"
        case .package: "an unpacked package"
        case .restore: "unpacked for a restore; secrets are in it"
        case .foreign: "not of this installation; it stays"
        }
    }
}

/// What `pawl backup prune` prints.
package struct PruneReport: Encodable, Sendable {
    package struct Kept: Encodable, Sendable {
        package var id: String
        package var reason: String
        /// The reason for people.
        package var words: String { PruneReport.why(reason) }

        /// Reports a set that stays, and why: a verdict of the retention.
        package init(id: String, reason: String) {
            self.id = id
            self.reason = reason
        }
    }

    package struct Removed: Encodable, Sendable {
        package var id: String
        package var reason: String
        package var bytes: Int64
        /// The reason for people.
        package var words: String { PruneReport.why(reason) }

        /// Reports a set, or debris, that goes, why, and its size in bytes.
        package init(id: String, reason: String, bytes: Int64) {
            self.id = id
            self.reason = reason
            self.bytes = bytes
        }
    }

    package var kept: [Kept]
    package var removed: [Removed]
    package var dryRun: Bool

    /// Reports what stays and what goes.
    package init(kept: [Kept], removed: [Removed], dryRun: Bool) {
        self.kept = kept
        self.removed = removed
        self.dryRun = dryRun
    }

    /// The lists for a terminal.
    package var text: String { lines(goes: dryRun ? "would go" : "removed") }

    /// The lists for somebody who is asked whether to remove.
    package var asking: String { lines(goes: "would go") }

    private func lines(goes: String) -> String {
        guard !kept.isEmpty || !removed.isEmpty else { return "There is nothing to keep and nothing to remove." }
        let stays = kept.map { [$0.id, "kept", Self.why($0.reason)] }
        let sets = removed.filter { DebrisKind(rawValue: $0.reason) == nil }
        let leaves = sets.map { [$0.id, goes, "\(TextLayout.size($0.bytes)), \(Self.why($0.reason))"] }
        let debris = removed.filter { DebrisKind(rawValue: $0.reason) != nil }.map {
            // Paths are longer than columns of a table.
            "  \($0.id)\n      \(goes): \(TextLayout.size($0.bytes)), \(Self.why($0.reason))"
        }
        let tables = stays.isEmpty && leaves.isEmpty ? [] : [TextLayout.table(["BACKUP", "", ""], stays + leaves)]
        return (tables + (debris.isEmpty ? [] : (["What dead runs have left:"] + debris)))
            .joined(separator: "\n")
    }

    private static func why(_ reason: String) -> String {
        if let kind = DebrisKind(rawValue: reason) { return kind.words }
        switch Retention.Verdict(rawValue: reason) {
        case .newest: return "one of the newest"
        case .lastProven: return "the last proven one"
        case .inUse: return "a run refers to it"
        case .wayBack: return "the way back"
        case .foreign: return "another installation's"
        case .unrecorded: return "not on record; `pawl backup verify` puts it there"
        case .remove, nil: return "older than those that are kept"
        }
    }
}
