internal import UpgradeModel

extension HelmDeployment {
    /// Lets the guard, where one is installed, know which release comes: what the staged manifest says, and nothing else,
    /// may run from now on. Helm would be stopped by it otherwise, as everybody else is.
    ///
    /// A restore lowers the mark in the same way; it was lowered in the journal before.
    ///
    /// - Throws: code `guard-stale` where the API server does not go by it in time.
    func tellGuard(
        _ task: HelmTask,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let own = ReleaseGuard(self)
        do throws(Trouble) {
            guard try await own.isTold() else { return }
            report("Telling the guard at the API server that \(task.release) may run", nil)
            let manifest = try DurableFile.read(folder.release(task.release).manifest) ?? []
            let objects = try Manifest.parse(String(decoding: manifest, as: UTF8.self))
            try await own.tell(GuardWord(of: task.release, objects, helm: place.release, run: task.run))
            guard try await own.comesTo(task.release.description, isRejected: false) == false else { return }
        } catch {
            var trouble = error
            trouble.changed = true
            throw trouble
        }
        throw Trouble(
            .environment,
            "guard-stale",
            "The guard \(own.policy.name) was told that \(task.release) may run, and the API server still rejects it.",
            changed: true,
            remedy: "See what `pawl guard status` says, run `pawl guard install` if something differs, then retry."
        )
    }

    /// Lets the guard know that the run is over. What may run stays as it was said; where it cannot be told, only the
    /// run's name stays behind.
    func settleGuard(report: @Sendable (String, Double?) -> Void) async {
        let own = ReleaseGuard(self)
        do throws(Trouble) {
            guard var word = try await own.told(), word.run != nil else { return }
            word.run = nil
            try await own.tell(word)
        } catch {
            report("The guard could not be told that the run is over: \(error.message)", nil)
        }
    }
}
