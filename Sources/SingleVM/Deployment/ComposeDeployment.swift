internal import Processes
package import UpgradeModel

package import WebClient

/// An installation on a single machine, run by Compose: what is there, and how it is taken from release to release.
///
/// Everything it changes can be done again after an interruption and then finishes what was begun. What has happened
/// is told by looking: at the Engine's containers and images and at the files of the installation's folder.
package struct ComposeDeployment: Sendable {
    /// The installation's folder.
    package let folder: InstallationFolder
    /// The Compose project.
    package let project: String
    /// What the product says about its services.
    package let product: SingleVMProduct
    /// The migrations that the settings make necessary, in the order in which they run.
    package let migrations: [MigrationService]
    /// The limits that a deployment keeps to.
    package let limits: DeploymentLimits
    /// The Engine that runs the containers.
    package let engine: EngineClient
    let session: WebSession
    let clock: any Clock<Duration>
    private let detector: ComposeDetector

    /// Describes an installation; nothing is asked or changed yet.
    ///
    /// - Parameters:
    ///   - folder: where it lives.
    ///   - project: its Compose project.
    ///   - product: its services.
    ///   - settings: whether each of the product's settings is on, by name.
    ///   - engine: the Engine that runs it.
    ///   - session: for the product's own health endpoints; it belongs to the caller.
    ///   - home: the folder with Docker's settings and plugins of the user that owns the installation.
    ///   - limits: how long things may take.
    ///   - clock: for waiting.
    package init(
        folder: InstallationFolder,
        project: String,
        product: SingleVMProduct,
        settings: [String: Bool],
        engine: EngineClient,
        session: WebSession,
        home: String?,
        limits: DeploymentLimits = DeploymentLimits(),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.folder = folder
        self.project = project
        self.product = product
        migrations = product.necessaryMigrations(settings: settings)
        self.limits = limits
        self.engine = engine
        self.session = session
        self.clock = clock
        detector = ComposeDetector(address: engine.address, home: home)
    }

    /// The Compose tool of this machine. It is looked for once.
    ///
    /// - Throws: code `compose-missing` or `compose-too-old`.
    package func composeTool() async throws(Trouble) -> ComposeTool {
        try await detector.tool()
    }

    /// The calls of the tool for a release's folder.
    package func compose(_ release: ReleaseFolder) async throws(Trouble) -> ComposeProject {
        try await compose(release, in: folder.path)
    }

    /// The same as if the installation lay in another folder.
    func compose(_ release: ReleaseFolder, in directory: String) async throws(Trouble) -> ComposeProject {
        let overrides = InstallationFolder.overrideNames.map { directory + "/" + $0 }
            .filter { DurableFiles.kind($0) != .nothing }
        return ComposeProject(
            tool: try await composeTool(),
            name: project,
            directory: directory,
            files: [release.composeFile] + overrides.prefix(1),
            environmentFile: release.environmentFile
        )
    }

    /// A release's Compose file with every variable resolved.
    ///
    /// - Throws: blame `release`, code `compose-file`, where the tool refuses the file.
    package func composeFile(of release: ReleaseFolder) async throws(Trouble) -> ResolvedComposeFile {
        try await composeFile(of: release, in: folder.path)
    }

    /// The same as if the installation lay in another folder, with that folder's additions.
    func composeFile(
        of release: ReleaseFolder,
        in directory: String
    ) async throws(Trouble) -> ResolvedComposeFile {
        let command = try await compose(release, in: directory).config
        let printed = try await collected(command, failing: "compose-file")
        return try ResolvedComposeFile(resolved: printed.output, project: project)
    }

    /// Runs a short call of the tool whose output is wanted.
    func collected(_ command: Command, failing code: String) async throws(Trouble) -> Collected {
        let result: Collected
        do {
            result = try await collect(command, limit: 16 << 20, deadline: .seconds(120))
        } catch {
            throw Trouble(.environment, "compose-failed", "Compose could not be asked: \(error).", remedy: error.remedy)
        }
        guard result.status.isSuccess else {
            let said = result.errorText.split(separator: "\n").suffix(5).joined(separator: "\n")
            throw Trouble(
                .release,
                code,
                "Compose refuses the release's file (\(result.status))" + (said.isEmpty ? "." : ":\n\(said)"),
                remedy: "Check the variables in the installation's environment; if they are right, tell the publisher."
            )
        }
        return result
    }

    /// Runs a call of the tool that changes something, its output in a log.
    ///
    /// - Parameters:
    ///   - command: the call.
    ///   - log: gets its output. A call that a dead runner has left there is waited for first.
    ///   - deadline: how long it may take; nil is without bound.
    /// - Throws: code `compose-failed`.
    func carryOut(_ command: Command, log: ToolLog, deadline: Duration? = nil) async throws(Trouble) {
        let status: ExitStatus
        do throws(ProcessFailure) {
            try await settle(log, command.name)
            status = try await run(command, log: log, deadline: deadline)
        } catch {
            throw failure(error, log: log)
        }
        guard status.isSuccess else {
            do throws(Trouble) {
                _ = try await engine.info()
            } catch  where error.code == "engine-unreachable" {
                // That is why; what Compose says of it is in its log.
                var away = error
                away.changed = true
                throw away
            } catch {}
            throw failed("\(command.name): \(status)", log: log)
        }
    }

    /// Waits until no call of the tool that a dead runner has left works any more, and ends one that does not end by
    /// itself: two at once would trip over one another.
    func settle(_ log: ToolLog) async throws(Trouble) {
        do throws(ProcessFailure) {
            try await settle(log, "Compose")
        } catch {
            throw failure(error, log: log)
        }
    }

    private func settle(_ log: ToolLog, _ name: String) async throws(ProcessFailure) {
        guard try log.isHeld else { return }
        let patience = ContinuousClock.now + limits.tool
        while try log.isHeld, ContinuousClock.now < patience {
            try? await Task.sleep(for: .milliseconds(100))
            if Task.isCancelled { throw .cancelled(program: name) }
        }
        try await log.endHolders()
    }

    private func failure(_ failure: ProcessFailure, log: ToolLog) -> Trouble {
        if case .cancelled = failure {
            return Trouble(
                .environment,
                "interrupted",
                "Compose was stopped before it was done.",
                changed: true,
                remedy: "Start again when you are ready."
            )
        }
        return failed("\(failure)", log: log)
    }

    private func failed(_ how: String, log: ToolLog) -> Trouble {
        let said = log.tail(bytes: 2000).split(whereSeparator: \.isNewline).suffix(6).joined(separator: "\n")
        return Trouble(
            .environment,
            "compose-failed",
            "Compose did not do what it was asked (\(how))" + (said.isEmpty ? "." : ":\n\(said)"),
            changed: true,
            remedy: "See the whole output in \(log.path), mend the cause, then try again."
        )
    }

    /// All containers of the project, stopped ones and one-off ones included.
    func containers() async throws(Trouble) -> [EngineContainer] {
        try await engine.containers(labels: ["\(EngineContainer.ComposeLabel.project)=\(project)"])
    }

    /// The containers that somebody else made by `run`, ended ones included; Pawl's own migrations are none.
    package func oneOffContainers() async throws(Trouble) -> [EngineContainer] {
        try await containers().filter { $0.isOneOff && $0.labels[MigrationTask.Label.migration] == nil }
    }

    /// The containers that belong to services: those that `up` makes.
    func serviceContainers() async throws(Trouble) -> [EngineContainer] {
        try await containers().filter { !$0.isOneOff && !$0.service.isEmpty }
    }
}

/// Looks for the Compose tool once, for whoever asks first.
private actor ComposeDetector {
    private let address: EngineAddress
    private let home: String?
    private var found: ComposeTool?

    init(address: EngineAddress, home: String?) {
        self.address = address
        self.home = home
    }

    func tool() async throws(Trouble) -> ComposeTool {
        if let found { return found }
        let tool = try await ComposeTool.detect(engine: address, home: home)
        found = tool
        return tool
    }
}
