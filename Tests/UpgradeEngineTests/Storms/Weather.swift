import Simulators
import Synchronization
import UpgradeEngine
import UpgradeModel

/// Decides, from one seed, what goes wrong and when: the same seed is the same story every time.
///
/// Only what happens in an order that is always the same may ask it; what runs beside an effect must not.
final class Weather: Sendable {
    /// How a commit ends.
    enum CommitFate: CaseIterable {
        case good, deathBefore, deathAfter, diskFull, ioError, ioErrorAfterCommit, takenOver
    }

    /// How an attempt at an effect ends.
    enum EffectFate: CaseIterable {
        case good, deathAtOnce, deathHalfway, deathAtEnd, diskFull, diskFullHalfway, refusal, decisionInterrupts
        case decisionComesTooLate, rival
    }

    private struct State {
        var generator: SeededGenerator
        var troubles: Int
        var isDead = false
        var clock: Int64 = 1_795_000_000_000_000
        var owner: Int64 = 0
    }

    private let state: Mutex<State>
    /// Whether reports of progress cannot be written.
    let losesProgress: Bool
    /// Whether the journal is the real one, on a disk.
    let seed: UInt64

    /// Makes the weather of a seed: up to fifteen troubles, and then none, so that every story comes to an end.
    init(seed: UInt64) {
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        losesProgress = .random(in: 0..<4, using: &generator) == 0
        let troubles = Int.random(in: 0...15, using: &generator)
        state = Mutex(State(generator: generator, troubles: troubles))
    }

    /// The fate of the next commit.
    func commitFate() -> CommitFate {
        draw(oneIn: 12, .good) { .allCases.randomElement(using: &$0) ?? .good }
    }

    /// The fate of the next attempt at an effect.
    func effectFate() -> EffectFate {
        draw(oneIn: 5, .good) { .allCases.randomElement(using: &$0) ?? .good }
    }

    /// Whether the journal cannot be read when a runner starts.
    func readingFails() -> Bool { draw(oneIn: 20, false) { _ in true } }

    /// One of these; troubles or not.
    func pick<Value: Sendable>(_ values: [Value]) -> Value? {
        state.withLock { values.randomElement(using: &$0.generator) }
    }

    private func draw<Value: Sendable>(
        oneIn chance: Int,
        _ calm: Value,
        _ trouble: (inout SeededGenerator) -> Value
    ) -> Value {
        state.withLock { state in
            guard state.troubles > 0, Int.random(in: 0..<chance, using: &state.generator) == 0 else { return calm }
            state.troubles -= 1
            // Whatever goes wrong may come with a clock that somebody set, a year either way.
            let year: Int64 = 365 * 86_400_000_000
            state.clock += [0, 0, year, -year].randomElement(using: &state.generator) ?? 0
            return trouble(&state.generator)
        }
    }

    // MARK: Death

    /// Whether the runner at work is dead: then nothing that it does reaches the journal or the world.
    var isDead: Bool { state.withLock { $0.isDead } }

    /// Ends the runner at work.
    func kill() { state.withLock { $0.isDead = true } }

    /// Lets another one begin.
    func revive() { state.withLock { $0.isDead = false } }

    /// What the dead throw.
    static let death = Trouble(.internal, "death", "The runner died.", remedy: "Start another one.")

    // MARK: Owners

    /// Notes that the runner with this token is the newest.
    func own(_ token: Int64) { state.withLock { $0.owner = max($0.owner, token) } }

    /// Whether the runner with this token is the newest. What others do must not move the weather.
    func isOwner(_ token: Int64) -> Bool { state.withLock { $0.owner == token } }

    // MARK: Time

    /// What the clock on the wall says; it goes on with every commit.
    @Sendable func now() -> Moment { Moment(microseconds: state.withLock { $0.clock }) }

    /// Lets time pass.
    func tick() { state.withLock { $0.clock += 1_000_000 } }
}
