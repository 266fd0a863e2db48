import Foundation

/// One point of the whole matrix: a fresh upgrade is killed there and must end like one that nobody disturbs.
struct KillPoint: Sendable, Hashable, CustomStringConvertible {
    /// When, seen from the effect.
    enum When: String, CaseIterable { case before, during, after }

    /// What dies.
    enum Toll: String, CaseIterable {
        /// The runner alone; what it has started lives on.
        case runner
        /// The runner and every process that it has started.
        case children
        /// All that, the Docker Engine and every container: what a power cut leaves of processes.
        case engine
    }

    /// The effect, as the journal of the first hop calls it, without hop and attempt.
    var effect: String
    var when: When
    var toll: Toll
    /// Whether the next runner is killed too, while it recovers.
    var again: Bool

    /// The effect that comes before it; itself where it is the first.
    var effectBefore: String {
        let index = Self.effects.firstIndex(of: effect) ?? 0
        return Self.effects[max(0, index - 1)]
    }

    /// The words by which points are chosen.
    var description: String { "\(effect) \(when) \(toll)" + (again ? " again" : "") }

    /// The beginning of its line in a table of results.
    var cells: String { "| `\(effect)` | \(when) | \(toll)\(again ? ", twice" : "") |" }

    /// The effects of a hop that goes well. A scenario compares it with what the journal of one says.
    static let effects = [
        "check", "keep-installed", "stage", "record-writers", "stop-writers", "dump", "confirm-unchanged", "prove",
        "publish", "remove-writers", "switch-release", "migrate:migrations", "start", "await-health", "clean-up",
    ]

    /// The points that an environment variable asks for: `all`, or beginnings of their words, separated by commas. None
    /// where it is not set: the whole takes hours. Points at which the Engine dies need one of their own, which
    /// `scripts/kill-matrix` provides. Those that have passed in the table that `PAWL_KILL_DONE` names are left out.
    static func chosen(by variable: String) -> [KillPoint] {
        let environment = ProcessInfo.processInfo.environment
        guard let wish = environment[variable], !wish.isEmpty else { return [] }
        let wishes = wish.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let hasEngine = environment["PAWL_KILL_ENGINE"] != nil
        let done = environment["PAWL_KILL_DONE"].map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" } ?? ""
        let passed = done.split(separator: "\n").filter { !$0.contains("FAILED") && !$0.contains("was not met") }
        return every.filter { point in
            (point.toll != .engine || hasEngine) && wishes.contains { $0 == "all" || "\(point)".hasPrefix($0) }
                && !passed.contains { $0.hasPrefix(point.cells) }
        }
    }

    /// The whole matrix.
    static let every: [KillPoint] = effects.flatMap { effect in
        When.allCases.flatMap { when in
            Toll.allCases.flatMap { toll in
                [false, true].map { KillPoint(effect: effect, when: when, toll: toll, again: $0) }
            }
        }
    }
}
