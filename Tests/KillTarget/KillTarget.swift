import Foundation
import Glibc
import Simulators
import StateStore
import UpgradeEngine
import UpgradeModel

/// A runner to be killed: the real engine over the real database, effects that are real child processes, and a world
/// that is a folder. It is started, stopped and killed by the tests of the kill matrix.
///
/// Usage: `KillTarget FOLDER [step|STOP…]`; the story is in `FOLDER/story.json`. Exits with 0 when the run has ended or waits with nobody to decide,
/// with 6 when another runner holds the lock.
@main
enum KillTarget {
    static let run = RunID("20261123-101112-0001")

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let folder = arguments.first, let id = run else { exit(2) }
        let text = try Data(contentsOf: URL(filePath: folder + "/story.json"))
        let story = try JSONDecoder().decode(Story.self, from: text)
        let stops = Set(arguments.dropFirst())
        let checkpoints = Checkpoints(
            stops: stops,
            waitsAtEveryBeginning: stops.contains("step"),
            announcements: folder + "/announcements",
            gate: folder + "/gate"
        )
        let data = try DataFolder(folder + "/data", create: true)
        guard let lock = try RunnerLock(in: data) else { exit(6) }
        let store = try StateStore(in: data)
        let lease = try store.takeLease(owner: "process \(getpid())", at: now())
        let journal = AnnouncingJournal(store, checkpoints)
        let port = FolderPort(world: folder + "/world", story: story, journal: journal, checkpoints: checkpoints)
        let runner = Runner(
            journal: journal,
            ports: EffectPorts(readiness: port, deployment: port, backups: port),
            lease: lease,
            now: now,
            folder: { run throws(Trouble) in try data.folder(of: run) }
        )
        if try store.runs().isEmpty {
            try runner.create(RunRequest(id: id, plan: story.plan, startedBy: "test", startedAt: now()))
        }
        while true {
            let machine = try await runner.run(id)
            guard !machine.hasEnded else { break }
            let granted = try store.entries(of: id, after: 0).count { Self.isGranted($0.payload) }
            guard story.decisions.indices.contains(granted) else { break }
            // One that a dead runner has left is still there.
            if try store.openDecision(for: id) == nil { try store.leave(story.decisions[granted], for: id, at: now()) }
            checkpoints.reach(.left(granted + 1))
        }
        _ = consume lock
    }

    /// Whether a row says that a decision was granted: of all that a machine is told, only decisions are neither its
    /// start nor what became of an effect.
    private static func isGranted(_ payload: Payload) -> Bool {
        switch payload {
        case .event(.started), .event(.succeeded), .event(.failed), .event(.refused): false
        case .event: true
        default: false
        }
    }

    @Sendable private static func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Moment(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
