import Postgres
import StateStore
import UpgradeEngine
import UpgradeModel

/// Makes a backup set of an installation as it is, and proves it. Writers go on meanwhile.
struct BackupMaking: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Makes a set, for as long as nobody asks the process to end.
    ///
    /// - Throws: code `another-run` where somebody else is at work.
    func make(progress: @escaping @Sendable (BackupProgress) -> Void) async throws -> BackupSet {
        try await workplace.requireWritable()
        if try RunnerProcess.openRun(in: workplace) != nil { throw try RunnerProcess.another(in: workplace) }
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        // What a dead runner has left of a proof goes before another one is begun.
        try await ScratchCluster.sweep(under: workplace.data.scratch)
        _ = try workplace.store.takeLease(owner: RunnerProcess.owner, at: Workplace.now())
        let set = try await Interruption.cancelling {
            try await Sites.with(workplace) { try await Self.make(at: $0, progress: progress) }
        }
        _ = consume lock
        return set
    }

    /// The release that the databases as they are now belong to.
    ///
    /// - Throws: where nothing tells it, and where something older runs than the databases are: under its name the set
    ///   would bring new databases back to an old application.
    static func release(running: ReleaseVersion?, mark: ReleaseVersion?) throws -> ReleaseVersion {
        guard let running else {
            throw Trouble(
                .operator,
                "nothing-installed",
                "Nothing of the installation tells which release runs.",
                remedy: "Start the installation, or correct the configuration."
            )
        }
        if let mark, running < mark {
            throw Trouble(
                .operator,
                "installed-older",
                "Release \(running) runs, but the migrations of \(mark) have already started here: the databases belong "
                    + "to \(mark).",
                remedy:
                    "Deploy \(mark) again with `pawl upgrade --to \(mark)`, then make the backup. Where you have brought "
                    + "the databases back to \(running) yourself, say so first: \(RestoredOutside.command())."
            )
        }
        return running
    }

    private static func make(
        at site: any Site,
        progress: @escaping @Sendable (BackupProgress) -> Void
    ) async throws -> BackupSet {
        let shelf = BackupShelf(site.workplace)
        let maker = shelf.maker()
        let running = try await site.observe().installedVersion
        let release = try Self.release(running: running, mark: try await site.workplace.highWaterMark())
        let now = Workplace.now()
        var request = try await shelf.request(
            BackupSetID(at: now, release: release),
            at: now,
            of: release,
            writersStopped: false,
            site: site
        )
        try await DiskRoom(site.workplace).require(toBackUp: request.databases.map(\.route))
        let id = try maker.claim(at: now, of: release) { try shelf.noteBegun($0) }
        request.id = id
        do {
            _ = try await maker.dump(request, progress: progress)
            let proof = try await maker.prove(id, progress: progress)
            let set = try await maker.publish(id, proof: proof)
            shelf.forgetBegun(id)
            return set
        } catch {
            // What cannot be proven is no backup, and is not kept as if it were one.
            try await maker.discard(id)
            shelf.forgetBegun(id)
            if let disproven = error as? DisprovenSet { throw disproven.trouble }
            throw error
        }
    }
}
