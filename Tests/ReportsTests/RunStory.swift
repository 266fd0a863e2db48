import Simulators
import Testing
import UpgradeEngine
import UpgradeModel

/// A run whose journal is written as a runner writes it, up to some place.
struct RunStory {
    static let trouble = Trouble(.environment, "no-luck", "It did not work.", remedy: "Try again.")

    private(set) var entries: [JournalEntry] = []
    private(set) var machine: UpgradeMachine
    private let id: RunID
    private let start: Moment

    init(_ plan: RunPlan? = nil) throws {
        id = try #require(RunID("20261123-103045-7f3a"))
        start = try #require(Moment("2026-11-23T10:30:45Z"))
        let plan = plan ?? RunPlan(from: Story.releases[0], hops: Array(Story.releases[1...]), highWaterMark: nil)
        machine = try UpgradeMachine(plan)
        write(.created(RunRequest(id: id, plan: plan, startedBy: "root@vm", startedAt: start)))
        try tell(.started)
    }

    var view: RunView { get throws { try RunView(of: id, from: entries) } }

    mutating func tell(_ event: Event) throws {
        _ = try machine.handle(event)
        write(.event(event))
        if let pending = machine.pending { write(.intent(pending)) }
    }

    mutating func succeed() throws {
        let effect = try #require(machine.pending)
        try tell(.succeeded(effect, try Story.outcome(of: effect)))
    }

    mutating func go(to kind: Effect.Kind, hop: Int = 0) throws {
        while machine.pending?.kind != kind || machine.pending?.hop != hop { try succeed() }
    }

    mutating func fail() throws { try tell(.failed(#require(machine.pending), Self.trouble)) }

    private mutating func write(_ payload: Payload) {
        entries.append(JournalEntry(id: Int64(entries.count + 1), at: start, run: id, payload: payload))
    }
}
