import Simulators
import Testing
import UpgradeModel

@Suite struct MachineTests {
    func version(_ text: String) throws -> ReleaseVersion { try ReleaseVersion(text) }

    @Test func `a plan without a hop is no run`() throws {
        let plan = RunPlan(from: try version("2026.1.1"), hops: [], highWaterMark: nil)
        #expect(throws: Trouble.self) { try UpgradeMachine(plan) }
    }

    @Test func `a plan that goes back is refused, at any of its hops`() throws {
        let (old, new) = (try version("2026.1.1"), try version("2026.2.1"))
        for plan in [
            RunPlan(from: new, hops: [old], highWaterMark: nil), RunPlan(from: new, hops: [new], highWaterMark: nil),
            RunPlan(from: old, hops: [new, old], highWaterMark: nil),
            RunPlan(from: old, hops: [new], highWaterMark: try version("2026.3.1")),
        ] {
            let trouble = #expect(throws: Trouble.self) { try UpgradeMachine(plan) }
            #expect(trouble?.blame == .operator)
            #expect(trouble?.changed == false)
        }
    }

    @Test func `every hop of a plan counts, not only the first or the last`() throws {
        let versions = try (1...4).map { try version("2026.\($0).1") }
        func code(_ from: Int, _ hops: [Int], mark: Int? = nil) -> String? {
            let plan = RunPlan(
                from: versions[from],
                hops: hops.map { versions[$0] },
                highWaterMark: mark.map { versions[$0] }
            )
            do throws(Trouble) {
                _ = try UpgradeMachine(plan)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(0, [1, 2, 3]) == nil)
        #expect(code(0, [1, 2, 3], mark: 1) == nil)
        #expect(code(1, [0, 2]) == "downgrade")
        #expect(code(0, [2, 1, 3]) == "downgrade")
        #expect(code(0, [1, 1]) == "downgrade")
        #expect(code(0, [1, 3], mark: 2) == "below-high-water-mark")
        #expect(code(0, []) == "no-hops")
    }

    @Test func `where something older than the mark runs, the mark itself may be deployed again`() throws {
        let (old, mark) = (try version("2026.1.1"), try version("2026.2.1"))
        _ = try UpgradeMachine(RunPlan(from: old, hops: [mark], highWaterMark: mark))
    }

    @Test func `a refused preflight never reaches backup`() throws {
        let target = try version("2026.2.1")
        var machine = try UpgradeMachine(RunPlan(from: version("2026.1.1"), hops: [target], highWaterMark: nil))
        let effects = try machine.handle(.started)
        let check = try #require(effects.first)
        let why = Trouble(.environment, "preflight", "No room.", remedy: "Make room.")
        #expect(try machine.handle(.refused(check, why)).isEmpty)
        #expect(machine.phase == .refused)
        #expect(machine.hasEnded)
        #expect(throws: IllegalEvent.self) { try machine.handle(.succeeded(check, .done)) }
    }

    @Test func `a proof of another set does not open the way to migrations`() throws {
        let target = try version("2026.2.1")
        var machine = try UpgradeMachine(RunPlan(from: version("2026.1.1"), hops: [target], highWaterMark: nil))
        var effects = try machine.handle(.started)
        while let effect = effects.first, effect.kind != .prove {
            let outcome: Outcome =
                switch effect.kind {
                case .stage: .staged(migrations: [])
                case .dump: .dumped(try Samples.proof(of: "this-set").set)
                default: .done
                }
            effects = try machine.handle(.succeeded(effect, outcome))
        }
        let prove = try #require(effects.first)
        let other = try Samples.proof(of: "another-set")
        #expect(throws: IllegalEvent.self) { try machine.handle(.succeeded(prove, .proven(other))) }
        #expect(machine.pending == prove)
    }
}
