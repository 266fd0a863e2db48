import Simulators
import UpgradeEngine
import UpgradeModel

/// One row of the matrix: where a runner is killed, where the next one is killed, and what must hold afterwards.
struct Row: Sendable, CustomStringConvertible {
    /// A place and whether the children die too.
    struct Kill: Sendable, Hashable, CustomStringConvertible {
        var place: String
        var withChildren = false

        var description: String { place + (withChildren ? " with its children" : "") }
    }

    let run: Undisturbed
    /// Which effect of the story.
    let index: Int
    let first: Kill
    /// Where the second runner dies while it recovers; nil where it may live.
    let second: Kill?

    var description: String { "\(run.story): killed \(first)" + (second.map { ", again \($0)" } ?? "") }

    /// The places at which a runner that begins an effect can be killed.
    static func kills(over effect: String) -> [Kill] {
        [
            Kill(place: "begun:\(effect)"), Kill(place: "half:\(effect)"),
            Kill(place: "half:\(effect)", withChildren: true), Kill(place: "done:\(effect)"),
            Kill(place: "written:\(effect)"),
        ]
    }

    /// The places at which a runner that takes over can be killed, besides those.
    static func recoveryKills(over effect: String) -> [Kill] {
        [Kill(place: "taken"), Kill(place: "probing:\(effect)"), Kill(place: "probed:\(effect)")] + kills(over: effect)
    }

    /// Goes through it; throws where something does not hold.
    ///
    /// Returns whether the second runner came to where it was to be killed: one that takes over after the outcome does
    /// not come to the places before it again.
    @discardableResult func check() throws -> Bool {
        // From the beginning of the effect before, so that the first to die is one that begins this effect afresh.
        let arena = try Arena(run.story, from: index > 0 ? run.beginnings[index - 1] : nil)
        var rows = try index > 0 ? arena.rows() : []
        func see(_ when: String) throws {
            let now = try arena.rows()
            guard now.starts(with: rows) else { throw Failure("\(self): rows were changed \(when)") }
            rows = now
        }
        guard try die(arena, first, orAt: []) else { throw Failure("\(self): never came there: \(arena.output)") }
        try see("by the first")
        let written = "written:\(run.story.effects[index].effect.identity)"
        var isMet = true
        if let second {
            // A place that the second does not come to again is no place: it goes on to the outcome.
            isMet = try die(arena, second, orAt: [written])
            try see("by the second")
        }
        try arena.start(stops: [])
        guard case .ended(0) = try arena.awaitStop() else { throw Failure("\(self): the last one: \(arena.output)") }
        try see("by the last")
        try compare(arena, rows)
        return isMet
    }

    /// Starts a runner and kills it at the place, or at one of the others.
    private func die(_ arena: Arena, _ kill: Kill, orAt others: [String]) throws -> Bool {
        try arena.start(stops: [kill.place] + others)
        switch try arena.awaitStop() {
        case .stopped(let place, let child):
            // Once a place is enough: the lock does not know who held it before.
            guard try second != nil || arena.rival() == 6 else { throw Failure("\(self): two runners at once") }
            arena.kill(with: kill.withChildren ? child : nil)
            return place == kill.place
        case .ended, .at, .waiting: return false
        }
    }

    private func compare(_ arena: Arena, _ rows: [JournalEntry]) throws {
        guard Undisturbed.decisive(rows) == run.decisive else {
            throw Failure("\(self): the journal tells another story: \(rows.map(\.payload))")
        }
        let changes = arena.changes()
        guard Undisturbed.parts(changes) == run.changes else { throw Failure("\(self): another world: \(changes)") }
        try checkOwnership(changes, rows)
    }

    /// Every change was made under an intent that was open, and nothing that must not be repeated was.
    private func checkOwnership(_ changes: [[String]], _ rows: [JournalEntry]) throws {
        var seen: [[String]: Int] = [:]
        for change in changes {
            guard change.count == 4, let row = Int64(change[3]) else { throw Failure("\(self): torn: \(change)") }
            let before = rows.filter { $0.id <= row }
            let replay = try Replay(of: before[0].run, from: before)
            guard replay.openIntent?.identity == change[0] else {
                throw Failure(
                    "\(self): \(change[0]) was done while the journal said \(String(describing: replay.openIntent))"
                )
            }
            seen[Array(change.prefix(2)), default: 0] += 1
        }
        for (part, count) in seen where count > 1 {
            guard Self.mayBeRepeated(part[0]) else { throw Failure("\(self): \(part) was done \(count) times") }
        }
    }

    private static func mayBeRepeated(_ effect: String) -> Bool {
        let kinds: [Effect.Kind] = [
            .check, .checkReplacement, .stage, .rehearse, .confirmUnchanged, .prove, .awaitHealth, .checkRestore,
            .proveDatabase, .confirmRestored,
        ]
        // An identity is hop, kind, subject where there is one, and attempt: `0/prove-database:demo#2`.
        let kind = effect.drop { $0 != "/" }.dropFirst().prefix { $0 != ":" && $0 != "#" }
        return kinds.contains { $0.rawValue == kind }
    }
}
