import Foundation
import Processes
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Runs have a process of their own, in its own session: terminals and browsers only follow it.
struct RunnerProcess {
    let workplace: Workplace
    /// What is started; this program.
    var program = Self.binary

    /// Writes a run down and starts its runner.
    ///
    /// - Throws: code `another-run` where one is going on or waits.
    func start(_ plan: RunPlan, by person: String = Workplace.person) async throws -> RunID {
        let id = try await create(plan, by: person)
        try await carryOn(id)
        return id
    }

    private func create(_ plan: RunPlan, by person: String) async throws -> RunID {
        guard let lock = try RunnerLock(in: workplace.data) else { throw try Self.another(in: workplace) }
        let hold = try await workplace.claim.take()
        do {
            let id = try await create(plan, by: person, hold)
            await hold?.release()
            _ = consume lock
            return id
        } catch {
            await hold?.release()
            throw error
        }
    }

    private func create(_ plan: RunPlan, by person: String, _ hold: (any SiteHold)?) async throws -> RunID {
        // Nobody can begin another run while the lock is held.
        if try Self.openRun(in: workplace) != nil { throw try Self.another(in: workplace) }
        // Another run may have come and gone since the plan was made.
        guard try await workplace.highWaterMark() == plan.highWaterMark else {
            throw Trouble(
                .operator,
                "plan-outdated",
                "Another run has changed the installation since this upgrade was planned.",
                remedy: "See `pawl history`, then start `pawl upgrade` again."
            )
        }
        try await hold?.note(plan.highWaterMark)
        let now = Workplace.now()
        let id = RunID(startedAt: now, salt: .random(in: .min ... .max))
        let lease = try workplace.store.takeLease(owner: Self.owner, at: now)
        _ = try UpgradeMachine(plan)
        let request = RunRequest(id: id, plan: plan, startedBy: person, startedAt: now)
        _ = try workplace.store.append([.created(request)], to: id, at: now, under: lease, highWaterMark: nil)
        return id
    }

    /// Starts a runner for a run that exists, and sees it take the installation. Where somebody is at work there already,
    /// they are left alone: a runner looks for decisions until it has let go, and for others the run waits.
    ///
    /// - Throws: code `runner-not-started`. The run and what was decided about it stay written down.
    func carryOn(_ id: RunID) async throws {
        guard try !RunnerLock.isHeld(in: workplace.data) else { return }
        let before = try workplace.store.newestLease()?.token
        do {
            let log = ToolLog(path: workplace.data.path + "/runner.log")
            try await Self.begin(["runner", id.description], in: workplace, log: log, program: program) {
                (try? workplace.store.newestLease()?.token) != before
            }
        } catch let failure {
            // The log is held by a runner that was started in this very moment: that one is as good.
            if case .logHeld = failure { return }
            throw Trouble(
                .environment,
                "runner-not-started",
                "Run \(id) and what was decided about it are written down, but no runner could be started for it: "
                    + "\(failure).",
                changed: true,
                remedy:
                    "\(failure.remedy) While the Admin Console serves, a runner is started again every half minute; "
                    + "`pawl upgrade` goes on with the run at once."
            )
        }
    }

    /// Starts this program once more, in a session of its own that outlives its parent, and waits until it is seen to
    /// live.
    ///
    /// - Parameters:
    ///   - words: the command and its argument.
    ///   - workplace: whose configuration and data folder it is given.
    ///   - log: its standard output and error, locked for as long as it lives.
    ///   - program: its path.
    ///   - hasBegun: whether it has left a sign that it does its work.
    /// - Throws: where it could not be started or has ended without a sign, or the log is held by one that lives.
    static func begin(
        _ words: [String],
        in workplace: Workplace,
        log: ToolLog,
        program: String = binary,
        hasBegun: () -> Bool
    ) async throws(ProcessFailure) {
        var environment: [String: String] = [:]
        for name in Self.inherited { environment[name] = ProcessInfo.processInfo.environment[name] }
        let command = Command(
            "setsid",
            ["--fork", program] + words.prefix(1)
                + ["--config", workplace.configuration, "--data-dir", workplace.data.path] + words.dropFirst(),
            environment: environment,
            workingDirectory: "/"
        )
        let status = try await run(command, log: log)
        guard status.isSuccess else {
            throw ProcessFailure.notStarted(program: "pawl \(words[0])", reason: "\(status)")
        }
        // The fork succeeds whatever becomes of the program behind it.
        let deadline = ContinuousClock.now + Self.patience
        while !hasBegun() {
            if try !log.isHeld, !hasBegun() {
                throw .notStarted(
                    program: "pawl \(words[0])",
                    reason: "it ended before it had begun" + Self.lastWords(log)
                )
            }
            // One that still lives then is on a slow machine, and was started.
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What a runner gets of the environment of whoever starts it: where tools and their settings are, and how clusters are
    /// reached. Programs that say who we are to a cluster have settings of their own.
    static let inherited =
        ["HOME", "DOCKER_HOST", "DOCKER_CONFIG", "SUDO_USER", "XDG_RUNTIME_DIR", "PGSYSCONFDIR", "TMPDIR"]
        + ["KUBECONFIG", "PAWL_HELM", "PAWL_KUBECTL", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"]
        + ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
        + ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        + [
            "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG",
            "AZURE_CONFIG_DIR", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE",
        ]

    private static func lastWords(_ log: ToolLog) -> String {
        let line = log.tail(bytes: 512).split(whereSeparator: \.isNewline).last.map { TextLayout.plain(String($0)) }
        return line.map { "; its log ends with “\($0)”" } ?? ""
    }

    /// How long a process that was started may take to give a sign.
    static let patience = Duration.seconds(10)

    /// The path of this program, as it was when it started: a package that is upgraded puts another one there, which is
    /// the one to start then.
    static let binary =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]

    static var owner: String { "\(Workplace.person) (process \(ProcessInfo.processInfo.processIdentifier))" }

    /// The run that has not ended, if there is one.
    static func openRun(in workplace: Workplace) throws -> RunView? {
        // Only the newest can be open: none is begun beside another.
        guard let newest = try workplace.store.newestRun() else { return nil }
        let view = try RunView(of: newest, in: workplace.store)
        return view.machine.hasEnded ? nil : view
    }

    /// Why nothing can be begun now.
    static func another(in workplace: Workplace) throws -> Trouble {
        let lease = try workplace.store.newestLease()
        if let run = try openRun(in: workplace) {
            return Trouble(
                .operator,
                "another-run",
                "Run \(run.request.id) holds the installation: \(run.request.startedBy) started it at "
                    + "\(run.request.startedAt), and it \(run.machine.phase.clause).",
                remedy: "Follow it with `pawl details --follow`."
            )
        }
        return Trouble(
            .operator,
            "another-run",
            "\(lease?.owner ?? "Somebody") is at work on the installation since \(lease?.since.description ?? "just now").",
            remedy: "Wait for it to end, then try again."
        )
    }
}
