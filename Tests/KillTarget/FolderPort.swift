import Foundation
import Processes
import Simulators
import UpgradeEngine
import UpgradeModel

/// Effects upon a world that is a folder. Every effect is done by a real child process with a session and a log of its
/// own, in two halves, each of which is one line in the file `changes`: what was changed, by whose token, and under
/// which row of the journal.
struct FolderPort: EffectPort {
    let world: String
    let story: Story
    let journal: AnnouncingJournal
    let checkpoints: Checkpoints

    /// How a kind of effect treats what a dead runner has left.
    private enum Manner {
        /// It looks or measures: it is done again from the start.
        case repeated
        /// A tool that lives is waited for; what is done is never done again.
        case joined
        /// A tool that lives is ended; what is missing is done.
        case finished
    }

    private static func manner(of kind: Effect.Kind) -> Manner {
        switch kind {
        case .check, .checkReplacement, .stage, .rehearse, .confirmUnchanged, .prove, .awaitHealth, .checkRestore,
            .proveDatabase, .confirmRestored:
            .repeated
        case .migrate: .joined
        default: .finished
        }
    }

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        checkpoints.reach(.probing(effect.identity))
        let seen = try look(effect)
        checkpoints.reach(.probed(effect.identity))
        return seen
    }

    private func look(_ effect: Effect) throws -> Probe {
        let parts = parts(of: effect)
        switch Self.manner(of: effect.kind) {
        case .repeated: return .notStarted
        case .joined, .finished:
            if parts.contains("x") { return .failed(Story.trouble(of: effect)) }
            if parts.contains("b") { return .done(try Story.outcome(of: effect)) }
            return try parts.contains("a") || log(effect).isHeld ? .underway(evidence: "\(parts)") : .notStarted
        }
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        checkpoints.reach(.begun(effect.identity))
        let log = log(effect)
        switch Self.manner(of: effect.kind) {
        case .joined:
            if try log.isHeld { checkpoints.say("waiting \(effect.identity)") }
            while try log.isHeld { try await Task.sleep(for: .milliseconds(5)) }
        case .repeated, .finished: try await log.endHolders(grace: .milliseconds(500))
        }
        let parts = parts(of: effect)
        let isOver = parts.contains("x") || parts.contains("b")
        if Self.manner(of: effect.kind) == .repeated || !isOver {
            let status = try await run(child(effect, after: parts, context), log: log)
            guard status.isSuccess || status == .code(1) else { throw Story.trouble(of: effect) }
        }
        checkpoints.reach(.done(effect.identity))
        guard !story.failing.contains(effect.identity) else { throw Story.trouble(of: effect) }
        return try Story.outcome(of: effect)
    }

    private func child(_ effect: Effect, after parts: Set<String>, _ context: EffectContext) -> Command {
        let script = """
            if [ -n "$FIRST" ]; then echo "$IDENTITY a $TOKEN $ROW" >>"$CHANGES"; fi
            if [ -n "$HALT" ]; then echo "stop half:$IDENTITY $$" >"$ANNOUNCEMENTS"; read -r line <"$GATE"; fi
            if [ -n "$FAILS" ]; then echo "$IDENTITY x $TOKEN $ROW" >>"$CHANGES"; exit 1; fi
            echo "$IDENTITY b $TOKEN $ROW" >>"$CHANGES"
            """
        let isRepeated = Self.manner(of: effect.kind) == .repeated
        return Command(
            "sh",
            ["-c", script],
            environment: [
                "FIRST": isRepeated || !parts.contains("a") ? "1" : "",
                "HALT": checkpoints.stops.contains("\(Checkpoint.half(effect.identity))") ? "1" : "",
                "FAILS": story.failing.contains(effect.identity) ? "1" : "",
                "IDENTITY": effect.identity, "TOKEN": "\(context.token)", "ROW": "\(journal.newestRow)",
                "CHANGES": world + "/changes", "ANNOUNCEMENTS": checkpoints.announcements, "GATE": checkpoints.gate,
            ]
        )
    }

    private func log(_ effect: Effect) -> ToolLog {
        ToolLog(path: world + "/logs/" + effect.identity.replacingOccurrences(of: "/", with: "-"))
    }

    private func parts(of effect: Effect) -> Set<String> {
        let text = (try? String(contentsOfFile: world + "/changes", encoding: .utf8)) ?? ""
        let words = text.split(separator: "\n").map { $0.split(separator: " ") }
        return Set(words.filter { $0.count == 4 && $0[0] == effect.identity }.map { String($0[1]) })
    }
}
