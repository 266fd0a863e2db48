import Simulators
import UpgradeEngine
import UpgradeModel

/// A story as it goes when nobody is killed, with a copy of everything at the beginning of each effect.
struct Undisturbed: Sendable {
    let story: Story
    /// For every effect, in order: everything as it was when its intent had just been written.
    let beginnings: [Snapshot]
    /// What the journal says at the end, reports of progress and changes of runners apart.
    let decisive: [Payload]
    /// What has changed at the end.
    let changes: Set<[String]>

    init(_ story: Story) throws {
        self.story = story
        let arena = try Arena(story)
        try arena.start(stops: ["step"])
        var beginnings: [Snapshot] = []
        loop: while true {
            switch try arena.listen() {
            case .at:
                beginnings.append(try Snapshot(of: arena))
                try arena.openGate()
            case .ended(let status):
                guard status == 0 else { throw Failure("the undisturbed run ended with \(status): \(arena.output)") }
                break loop
            case .stopped, .waiting: continue
            }
        }
        self.beginnings = beginnings
        decisive = Self.decisive(try arena.rows())
        changes = Self.parts(arena.changes())
        guard beginnings.count == story.effects.count else {
            throw Failure("\(story) has \(story.effects.count) effects and the run had \(beginnings.count)")
        }
    }

    /// The rows that say what was asked, decided, meant and brought about.
    static func decisive(_ rows: [JournalEntry]) -> [Payload] {
        rows.map(\.payload).filter { payload in
            switch payload {
            case .created, .event, .intent, .declined: true
            case .taken, .progress: false
            }
        }.map { payload in
            // The moment of the request is the only part of a row that differs from run to run.
            guard case .created(var request) = payload else { return payload }
            request.startedAt = Moment(microseconds: 0)
            return .created(request)
        }
    }

    /// What was changed, whoever did it and however often.
    static func parts(_ changes: [[String]]) -> Set<[String]> { Set(changes.map { Array($0.prefix(2)) }) }
}
