internal import UpgradeModel

/// The note that a migration is about to be started: it outlives the migration's container, which anybody may remove.
///
/// It holds the newest event that the Engine knew of then. As long as the Engine still knows of that one, it also knows
/// whether a container was made since.
extension ComposeDeployment {
    /// Notes that a container is about to be made for a migration; the note is on the disk when this returns.
    func noteStart(of task: MigrationTask, logs: String) async throws(Trouble) {
        // An Engine that does not tell is no reason not to migrate: then the note just says less.
        let newest = try? await engine.rememberedEvents().last?.mark
        try DurableFiles.write(Array((newest ?? "").utf8), to: note(task, logs), access: .secret)
    }

    /// Takes the note back, of a container that was never started and is about to be removed.
    func forgetStart(of task: MigrationTask, logs: String) throws(Trouble) {
        try DurableFiles.remove(note(task, logs))
    }

    /// Whether a migration whose container is not there may have run all the same.
    func mayHaveRun(_ task: MigrationTask, logs: String) async throws(Trouble) -> Bool {
        guard let note = try DurableFiles.read(note(task, logs)) else { return false }
        guard let events = try? await engine.rememberedEvents(),
            let before = events.lastIndex(where: { $0.mark == String(decoding: note, as: UTF8.self) })
        else { return true }
        return events[before...].dropFirst().contains { $0.container == task.containerName }
    }

    private func note(_ task: MigrationTask, _ logs: String) -> String { "\(logs)/\(task.containerName).started" }
}
