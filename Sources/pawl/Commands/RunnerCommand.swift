import ArgumentParser
import Foundation
import Postgres
import StateStore
import UpgradeEngine
import UpgradeModel

/// Carries a run; started by other commands, never by hand.
struct RunnerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "runner", shouldDisplay: false)

    @OptionGroup var options: GlobalOptions

    @Argument var run: String

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        guard let id = RunID(run) else {
            throw Trouble(.operator, "unknown-run", "`\(run)` is not the name of a run.", remedy: "See `pawl history`.")
        }
        // Whoever decides leaves a runner alone that still holds the lock, so it looks once more when it has let go.
        repeat { try await carry(id, in: workplace) } while try workplace.store.openDecision(for: id) != nil
    }

    /// Carries a run until it has ended or waits.
    private func carry(_ id: RunID, in workplace: Workplace) async throws {
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let hold = try await workplace.claim.take()
        do {
            try await carry(id, in: workplace, under: hold)
        } catch {
            await letGo(hold, workplace)
            throw error
        }
        await letGo(hold, workplace)
        _ = consume lock
    }

    /// Lets the installation go; the mark may be another one by then, and a restore may have made the folder.
    private func letGo(_ hold: (any SiteHold)?, _ workplace: Workplace) async {
        var hold = hold
        if hold == nil { hold = (try? await workplace.claim.take()) ?? nil }
        if let mark = try? workplace.store.highWaterMark() { try? await hold?.note(mark) }
        await hold?.release()
    }

    private func carry(_ id: RunID, in workplace: Workplace, under hold: (any SiteHold)?) async throws {
        // A note that cannot be written keeps no run from going on: the installation is held.
        if let hold { try? await hold.note(try await workplace.highWaterMark()) }
        // For operators and scripts that want to see or end the process; what lives, the lock alone says.
        try Data("\(ProcessInfo.processInfo.processIdentifier)".utf8)
            .write(to: URL(filePath: workplace.data.path + "/runner.pid"), options: [.atomic])
        let lease = try workplace.store.takeLease(owner: RunnerProcess.owner, at: Workplace.now())
        let data = workplace.data
        // A dead runner's scratch servers hold a copy of the data. One that cannot be ended is no reason not to go on.
        try? await ScratchCluster.sweep(under: data.scratch)
        PackageShelf(workplace).removeAbandoned()
        RestoreGrounds.remove(
            RestoreGrounds.abandonedGlances(in: data.path) + RestoreGrounds.ofEndedRuns(in: data.path, open: id)
        )
        try? await Sites.with(workplace) { try await $0.removeAbandonedRehearsals() }
        let ports: Ports
        do {
            ports = try await Ports(workplace, allowsEmpty: try Self.restores(id, in: workplace.store))
        } catch let trouble as Trouble {
            // A wish that nobody can fulfil would stand in the way of every later one.
            try workplace.store.declineDecision(for: id, because: trouble, under: lease, at: Workplace.now())
            throw trouble
        }
        let runner = Runner(
            journal: workplace.store,
            ports: ports.effects,
            lease: lease,
            now: Workplace.now,
            patience: .standard,
            folder: { run throws(Trouble) in try data.folder(of: run) }
        )
        do {
            let work: @Sendable () async throws -> UpgradeMachine = { try await runner.run(id) }
            let machine = if let hold { try await hold.holding(work) } else { try await work() }
            // What was unpacked for a restore holds secrets.
            if machine.restore == nil {
                RestoreGrounds.remove([RestoreGround.all(inRunFolder: try data.folder(of: id))])
            }
        } catch {
            await ports.close()
            throw error
        }
        await ports.close()
    }

    /// Whether a run brings the installation's folder along: it is a restore, has become one, or is asked to.
    static func restores(_ id: RunID, in journal: any Journal) throws -> Bool {
        if case .restore? = try journal.openDecision(for: id)?.decision { return true }
        let replay = try Replay(of: id, from: journal.entries(of: id, after: 0))
        // A run that has not begun stands in no restore yet.
        return replay.request.plan.restore != nil || replay.machine.restore != nil
    }
}
