import Glibc

/// A place in the life of a runner at which it can be stopped, so that somebody outside may kill it there.
enum Checkpoint: Hashable, CustomStringConvertible {
    /// The run is taken; nothing was looked at yet.
    case taken
    /// Reality is about to be looked at, or was.
    case probing(String)
    case probed(String)
    /// The intent is in the journal, the effect has not begun.
    case begun(String)
    /// The effect's tool has done one half.
    case half(String)
    /// The effect is done, its outcome is not in the journal.
    case done(String)
    /// The outcome is in the journal, with what follows from it.
    case written(String)
    /// A decision is left, or granted; counted from 1.
    case left(Int)
    case granted(Int)

    var description: String {
        switch self {
        case .taken: "taken"
        case .probing(let effect): "probing:\(effect)"
        case .probed(let effect): "probed:\(effect)"
        case .begun(let effect): "begun:\(effect)"
        case .half(let effect): "half:\(effect)"
        case .done(let effect): "done:\(effect)"
        case .written(let effect): "written:\(effect)"
        case .left(let number): "left:\(number)"
        case .granted(let number): "granted:\(number)"
        }
    }
}

/// Tells whoever listens how far the runner has come, and stops it where it was asked to.
struct Checkpoints: Sendable {
    /// The names of the places at which the runner stands still for ever.
    let stops: Set<String>
    /// Whether it waits at every beginning until somebody opens the gate, so that snapshots can be taken.
    let waitsAtEveryBeginning: Bool
    /// The pipe that is written to, and the one that is waited at.
    let announcements: String
    let gate: String

    /// Says that the runner is there; does not return where it is to be killed there.
    func reach(_ checkpoint: Checkpoint) {
        if stops.contains(checkpoint.description) {
            say("stop \(checkpoint)")
            while true { pause() }
        }
        if waitsAtEveryBeginning, case .begun = checkpoint {
            say("at \(checkpoint)")
            // An end without a byte is nobody's leave: somebody else's end of the pipe was closed.
            var byte: UInt8 = 0
            while byte == 0 {
                let descriptor = Self.unlessInterrupted { open(gate, O_RDONLY | O_CLOEXEC) }
                _ = Self.unlessInterrupted { read(descriptor, &byte, 1) }
                close(descriptor)
            }
        }
    }

    /// Writes one line in one piece.
    func say(_ line: String) {
        let descriptor = Self.unlessInterrupted { open(announcements, O_WRONLY) }
        let bytes = Array((line + "\n").utf8)
        _ = Self.unlessInterrupted { write(descriptor, bytes, bytes.count) }
        close(descriptor)
    }

    /// Calls again what a signal, such as that of a child's end, has interrupted: who walks past the gate is not killed
    /// where it should be.
    private static func unlessInterrupted<Number: SignedInteger>(_ call: () -> Number) -> Number {
        while true {
            let result = call()
            if result != -1 || errno != EINTR { return result }
        }
    }
}
