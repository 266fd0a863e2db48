package import UpgradeModel

/// One upgrade of a Helm release that a run asks for: what marks its revision, so that it is found again and never made
/// twice.
package struct HelmTask: Sendable, Hashable {
    /// The run.
    package var run: RunID
    /// The hop, counted from 0.
    package var hop: Int
    /// Whether it is a part of a restore.
    package var isRestore: Bool
    /// 1 at first; one more for each retry by an operator.
    package var attempt: Int
    /// The release that is deployed.
    package var release: ReleaseVersion

    /// Makes a task.
    package init(run: RunID, hop: Int, isRestore: Bool, attempt: Int, release: ReleaseVersion) {
        self.run = run
        self.hop = hop
        self.isRestore = isRestore
        self.attempt = attempt
        self.release = release
    }

    /// The label of Helm's records that marks revisions of ours.
    package static let label = "pawl"

    /// What Helm's history says of the revision once it is deployed.
    package var description: String { "pawl \(run)/\(isRestore ? "restore-" : "")\(hop)/\(attempt)" }

    /// The value of the label. Helm hands labels on to later revisions, whoever makes them; with the revision's own number
    /// in it, it marks one.
    package func mark(_ revision: Int) -> String { "\(run).\(isRestore ? "r" : "h")\(hop).a\(attempt).\(revision)" }

    /// Whether a revision is this task's.
    package func owns(_ head: HelmRecordHead) -> Bool { head.labels[Self.label] == mark(head.revision) }

    /// Whether a revision was made by a restore, of whatever run: it is older than the one before it, and meant to be.
    package static func isRestore(_ head: HelmRecordHead) -> Bool {
        let parts = (head.labels[label] ?? "").split(separator: ".")
        return parts.count == 4 && parts[1].hasPrefix("r") && parts[3] == "\(head.revision)"
    }

    /// Whether a revision is of the same hop, or of a restore out of it, whatever the attempt.
    package func isOfHop(_ head: HelmRecordHead) -> Bool {
        let begin = "\(run).\(isRestore ? "r" : "h")\(hop).a"
        return isOfRun(head) && head.labels[Self.label]?.hasPrefix(begin) == true
    }

    /// Whether a revision is of the same run.
    package func isOfRun(_ head: HelmRecordHead) -> Bool {
        guard let mark = head.labels[Self.label] else { return false }
        return mark.hasPrefix("\(run).") && mark.hasSuffix(".\(head.revision)")
    }
}
