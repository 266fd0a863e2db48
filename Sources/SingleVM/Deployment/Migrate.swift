internal import Processes
package import UpgradeModel

extension ComposeDeployment {
    /// Runs a migration, alone, to its end; or joins the one that runs already. It is never run twice: a container of
    /// its name, or the note that one was about to be made, is the proof that it was started, and an attempt that ended
    /// well is not repeated.
    ///
    /// Cancelling the task leaves the migration running; performing it again joins it.
    ///
    /// - Parameters:
    ///   - task: the migration; its release is the current one.
    ///   - logs: the folder for what Compose and the migration print.
    ///   - line: gets each line that the migration prints.
    /// - Throws: code `migration-failed` where it ended badly; `migration-hanging` where it still runs when its time is
    ///   over, and goes on; `migration-running` where another one runs; `migration-vanished` where it may have run, and
    ///   its container is gone.
    package func migrate(
        _ task: MigrationTask,
        logs: String,
        line: @escaping @Sendable (LogLine) -> Void
    ) async throws(Trouble) {
        let log = ToolLog(path: "\(logs)/\(task.containerName).compose.log")
        // What a dead runner's Compose is about to make must be there before anybody looks.
        try await settle(log)
        let all = try await migrationContainers()
        if let other = all.first(where: { $0.isActive && !task.isAttempt($0) }) {
            throw Trouble(
                .environment,
                "migration-running",
                "Another migration, \(other.name), still runs.",
                changed: true,
                remedy: "Wait for it to end, then retry."
            )
        }
        let attempts = all.filter(task.isAttempt)
        if attempts.contains(where: \.endedWell) { return }
        if let running = attempts.first(where: \.isActive) { return try await join(running, task, logs, line) }
        if let own = attempts.first(where: { $0.name == task.containerName }) {
            if own.hasStarted { return try await conclude(own, exitCode: own.exitCode, task, logs) }
            // Made, but never started: the tool died in between, and may not have connected its networks.
            try forgetStart(of: task, logs: logs)
            try await engine.remove(own.id)
        } else if try await mayHaveRun(task, logs: logs) {
            throw vanished(task)
        }
        let compose = try await compose(folder.release(task.release))
        let command = compose.run(task.service, name: task.containerName, labels: task.labels)
        try await noteStart(of: task, logs: logs)
        try await carryOut(command, log: log)
        guard let container = try await engine.container(task.containerName) else {
            throw vanished(task)
        }
        try await join(container, task, logs, line)
    }

    /// Says what became of a migration, by its container; where that is gone, by the note that it was to be made.
    package func probeMigration(_ task: MigrationTask, logs: String) async throws(Trouble) -> Probe {
        let attempts = try await migrationContainers().filter(task.isAttempt)
        if attempts.contains(where: \.endedWell) { return .done(.done) }
        if let running = attempts.first(where: \.isActive) { return .underway(evidence: "\(running.name) runs") }
        let log = ToolLog(path: "\(logs)/\(task.containerName).compose.log")
        if (try? log.isHeld) == true { return .underway(evidence: "Compose is about to start it") }
        guard let own = attempts.first(where: { $0.name == task.containerName }) else {
            return try await mayHaveRun(task, logs: logs)
                ? .unknown(evidence: vanished(task).message) : .notStarted
        }
        guard own.hasStarted else { return .notStarted }
        return .failed(await failure(own, exitCode: own.exitCode, task, logs))
    }

    /// The migration containers of this project, oldest attempt first.
    package func migrationContainers() async throws(Trouble) -> [EngineContainer] {
        try await containers().filter { $0.isOneOff && $0.labels[MigrationTask.Label.migration] != nil }
    }

    /// Follows a container that was started until it ends.
    private func join(
        _ container: EngineContainer,
        _ task: MigrationTask,
        _ logs: String,
        _ line: @escaping @Sendable (LogLine) -> Void
    ) async throws(Trouble) {
        // Also of one that a dead runner has started: the Engine must not start a migration again.
        if container.restartPolicy != .never { try await engine.setRestartPolicy(.never, of: container.id) }
        let ending: Ending
        do {
            ending = try await withThrowingTaskGroup(of: Ending.self) { group in
                group.addTask { .exited(try await awaitExit(container, task)) }
                group.addTask {
                    await followLogs(of: container, into: "\(logs)/\(task.containerName).log", line)
                    return .logsOver
                }
                if let limit = limits.migration {
                    group.addTask {
                        try await clock.sleep(for: limit)
                        return .late
                    }
                }
                return try await Self.first(of: &group, clock: clock)
            }
        } catch let trouble as Trouble {
            throw trouble
        } catch {
            throw Trouble(
                .environment,
                "interrupted",
                "The wait for \(container.name) was interrupted; it goes on.",
                changed: true,
                remedy: "Start Pawl again; it joins the migration."
            )
        }
        switch ending {
        case .exited(let code): try await conclude(container, exitCode: code, task, logs)
        case .late, .logsOver, .logsLate:
            throw Trouble(
                .environment,
                "migration-hanging",
                "The migration \(task.service) (\(container.name)) still runs.",
                changed: true,
                remedy:
                    "Look at what it waits for; end what blocks it, or stop it with `docker stop \(container.name)`; "
                    + "then retry."
            )
        }
    }

    private enum Ending: Sendable {
        case exited(Int)
        case logsOver
        case late
        case logsLate
    }

    /// The exit, after the last lines have had a moment to arrive; or that the time is over.
    private static func first(
        of group: inout ThrowingTaskGroup<Ending, any Error>,
        clock: any Clock<Duration>
    ) async throws -> Ending {
        defer { group.cancelAll() }
        var logsAreOver = false
        var exit: Ending?
        while let ending = try await group.next() {
            switch ending {
            case .exited:
                exit = ending
                if logsAreOver { return ending }
                group.addTask {
                    try await clock.sleep(for: .seconds(10))
                    return .logsLate
                }
            case .logsOver:
                logsAreOver = true
                if let exit { return exit }
            case .logsLate: if let exit { return exit }
            case .late: return exit ?? ending
            }
        }
        throw CancellationError()
    }

    /// Waits for the end of a container's process, also across a restart of the Engine.
    private func awaitExit(_ container: EngineContainer, _ task: MigrationTask) async throws(Trouble) -> Int {
        var patience = limits.engine
        while true {
            do throws(Trouble) {
                _ = try await engine.awaitEnd(of: container.id)
                guard let ended = try await engine.container(container.id) else { throw vanished(task) }
                if !ended.isActive { return ended.exitCode }
            } catch  where error.code == "engine-unreachable" && patience > .zero && !Task.isCancelled {
                patience -= .seconds(1)
                try? await clock.sleep(for: .seconds(1))
            }
        }
    }

    private func conclude(
        _ container: EngineContainer,
        exitCode: Int,
        _ task: MigrationTask,
        _ logs: String
    ) async throws(Trouble) {
        guard exitCode != 0 else { return }
        throw await failure(container, exitCode: exitCode, task, logs)
    }

    private func failure(
        _ container: EngineContainer,
        exitCode: Int,
        _ task: MigrationTask,
        _ logs: String
    ) async -> Trouble {
        let said = await engine.lastLines(of: container, count: 5).joined(separator: "\n")
        return Trouble(
            .release,
            "migration-failed",
            "The migration \(task.service) to \(task.release) ended with status \(exitCode)"
                + (said.isEmpty ? "." : ":\n\(said)"),
            changed: true,
            remedy:
                "Read \(logs)/\(task.containerName).log. Mend the cause and retry, retry with a fixed release, or restore."
        )
    }

    private func vanished(_ task: MigrationTask) -> Trouble {
        Trouble(
            .environment,
            "migration-vanished",
            "The container of the migration, \(task.containerName), is gone; whether it finished cannot be told.",
            changed: true,
            remedy: "Look at the database, then retry or restore."
        )
    }
}

extension EngineContainer {
    /// Whether its process has run and ended with 0.
    fileprivate var endedWell: Bool { hasStarted && state == .exited && exitCode == 0 }
}
