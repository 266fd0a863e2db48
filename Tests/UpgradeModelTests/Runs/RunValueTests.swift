import Foundation
import Simulators
import Testing
import UpgradeModel

@Suite struct RunValueTests {
    static let effect = Effect(.migrate, hop: 1, target: version("2026.2.1"), subject: "schema", attempt: 2)
    static let trouble = Trouble(.environment, "test", "It did not work.", remedy: "Try again.")

    @Test func `the identity of an effect names its subject where it has one, and its attempt`() {
        #expect(Self.effect.identity == "1/migrate:schema#2")
        #expect(Effect(.awaitHealth, hop: 0, target: version("2026.2.1")).identity == "0/await-health#1")
    }

    @Test func `a hop has one record of its writers, and each restore has one of its own`() {
        func name(_ hop: Int, _ attempt: Int, restoring: Bool) -> String {
            let effect = Effect(.putBack, hop: hop, target: version("2026.1.1"), attempt: attempt)
            return effect.writersRecord(restoring: restoring)
        }
        #expect(name(0, 1, restoring: false) == name(0, 2, restoring: false))
        let names = [name(0, 2, restoring: false), name(1, 2, restoring: false)]
        let restores = [name(0, 2, restoring: true), name(0, 3, restoring: true), name(1, 2, restoring: true)]
        #expect(Set(names + restores).count == 5)
    }

    @Test func `every kind of effect counts as a step of the way that it lies on, and undoing as what it undoes`() {
        func step(_ kind: Effect.Kind) -> Step { Effect(kind, hop: 0, target: version("2026.2.1")).step }
        #expect(step(.putBack) == .quiesce)
        #expect(step(.discardBackup) == .backup)
        #expect(step(.discardRestored) == .restore)
        for kind in Effect.Kind.allCases {
            #expect(Step.ofHop.contains(step(kind)) || Step.ofRestore.contains(step(kind)), "\(kind)")
        }
    }

    @Test func `every step has words of its own`() {
        let titles = Step.allCases.map(\.title)
        #expect(
            titles == [
                "Preflight checks", "Stop writers", "Back up", "Prove the backup", "Deploy", "Migrate", "Settle",
                "Restore",
            ]
        )
    }

    @Test func `what was not begun or goes on is performed, what has ended is not`() {
        #expect(Recovery(of: Self.effect, seeing: .notStarted) == .perform)
        #expect(Recovery(of: Self.effect, seeing: .underway(evidence: "a container runs")) == .perform)
        #expect(Recovery(of: Self.effect, seeing: .done(.done)) == .conclude(.succeeded(Self.effect, .done)))
        #expect(
            Recovery(of: Self.effect, seeing: .failed(Self.trouble)) == .conclude(.failed(Self.effect, Self.trouble))
        )
    }

    @Test func `what cannot be told is a failure that may have changed something, with its evidence`() throws {
        let recovery = Recovery(of: Self.effect, seeing: .unknown(evidence: "Docker does not answer."))
        guard case .conclude(.failed(Self.effect, let trouble)) = recovery else {
            Issue.record("\(recovery)")
            return
        }
        #expect(trouble.blame == .environment && trouble.code == "unknown-outcome" && trouble.changed)
        #expect(trouble.message.contains(Self.effect.identity))
        #expect(trouble.message.contains("Docker does not answer."))
    }

    @Test func `a run is named after its start and its salt`() throws {
        let start = moment("2026-11-23T10:30:45Z")
        #expect(RunID(startedAt: start, salt: 0x7F3A).description == "20261123-103045-7f3a")
        #expect(RunID(startedAt: start, salt: 0xA).description == "20261123-103045-000a")
    }

    @Test(arguments: ["", "-a", "A", "a b", "a/b", "ä", "a_b", "a:b", String(repeating: "a", count: 41)])
    func `what is no plain word is not the name of a run`(text: String) {
        #expect(RunID(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([RunID].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test(arguments: ["a", "0", "z9-", "20261123-103045-7f3a", String(repeating: "a", count: 40)])
    func `the name of a run is written as plain text and read back`(text: String) throws {
        let id = try #require(RunID(text))
        #expect(id.description == text)
        let written = try JSONEncoder().encode([id])
        #expect(String(decoding: written, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([RunID].self, from: written) == [id])
    }

    @Test func `each phase has words of its own, which go after the name of a run`() {
        let words = UpgradeMachine.Phase.allCases.map(\.clause)
        #expect(Set(words).count == words.count)
        for clause in words {
            #expect(["is", "was", "has", "waits"].contains { clause.hasPrefix("\($0) ") }, "a run … \(clause)")
        }
    }
}
