import Postgres
import UpgradeEngine
import UpgradeModel

/// Performs the effects that bring a backup set back.
struct RestorePort: EffectPort {
    let site: any Site

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        do {
            return try await look(at: effect, in: context)
        } catch let trouble as Trouble where trouble.code == "service-not-running" {
            // Whoever performs it starts the server first, and then looks again.
            return .notStarted
        }
    }

    private func look(at effect: Effect, in context: EffectContext) async throws -> Probe {
        let scene = try scene(context)
        switch effect.kind {
        // Looking and comparing change nothing and may always be done again.
        case .checkRestore, .proveDatabase, .confirmRestored: return .notStarted
        case .unpackSet:
            return try await scene.isUnpacked() ? .done(.done) : .notStarted
        case .provideDatabases: return .notStarted
        case .restoreDatabase:
            let (route, names) = try await target(effect, scene, context)
            return try await scene.restore(subject(effect), over: route).probe(names)
        case .closeDatabases:
            for swap in try await swaps(scene, context) where try await !swap.isClosed() { return .notStarted }
            return .done(.done)
        case .setAside: return try await swap(effect, scene, context).probeAside()
        case .bringIn:
            let probe = try await swap(effect, scene, context).probeIn()
            guard probe == .done(.done), try await !lastSettings(after: subject(effect), scene).isEmpty else {
                return probe
            }
            return .underway(evidence: "what was set for all roles is not set yet")
        case .replaceConfiguration:
            guard scene.ground.holds(scene.plan.set) else { return .notStarted }
            return try await scene.isReplaced() ? .done(.done) : .notStarted
        case .discardRestored:
            guard !scene.ground.isAwaitingServers else { return .done(.done) }
            for swap in try await swaps(scene, context, present: true) where try await !swap.isDiscarded() {
                return .notStarted
            }
            for (_, roles) in try await roles(scene) where try await !roles.areDiscarded() { return .notStarted }
            return .done(.done)
        default: throw Self.notMine(effect)
        }
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        let scene = try scene(context)
        let report: @Sendable (BackupProgress) -> Void = { context.report(Progress($0.words, fraction: $0.fraction)) }
        if try await revive(effect, scene, context), case .done(let outcome) = try await look(at: effect, in: context) {
            return outcome
        }
        switch effect.kind {
        case .checkRestore: try await check(scene, context)
        case .confirmRestored: try await confirm(scene, context)
        case .unpackSet: try await unpack(scene, context)
        case .provideDatabases: try await provideDatabases(scene, context)
        case .restoreDatabase:
            let (route, names) = try await target(effect, scene, context)
            let name = try subject(effect)
            let others = try await roles(scene).filter { $0.key != name && $0.value.isOnServer(of: route) }
            let left = try await scene.restore(name, over: route).makeCopy(
                names,
                noting: roles(of: name, over: route, scene),
                besides: others.map(\.value),
                progress: report
            )
            for sentence in left { context.report(Progress(sentence)) }
        case .proveDatabase:
            let (route, names) = try await target(effect, scene, context)
            do {
                let restore = try scene.restore(subject(effect), over: route)
                return .proven(try await restore.prove(names.finished, of: scene.plan.set, progress: report))
            } catch let disproven as DisprovenSet {
                throw disproven.restoreTrouble
            }
        case .closeDatabases:
            // The last look before the point of no return: whatever writes now would write to what is restored.
            try await scene.checkStill()
            for swap in try await swaps(scene, context) { try await swap.close() }
        case .setAside:
            // From here on it only goes forward: what is restored is used together with its roles.
            let (route, _) = try await target(effect, scene, context)
            try roles(of: try subject(effect), over: route, scene).keep()
            guard let name = try await swap(effect, scene, context).setAside() else { return .done }
            return .setAside(as: name)
        case .bringIn:
            try await swap(effect, scene, context).bringIn()
            for roles in try await lastSettings(after: subject(effect), scene) {
                context.report(Progress("Setting for all roles what the set's server had set"))
                try await roles.applySettings()
            }
        case .replaceConfiguration:
            try await scene.provideGround()
            try await scene.replace(keepingAs: suffix(context)) { context.report(Progress($0, fraction: $1)) }
        case .discardRestored:
            guard !scene.ground.isAwaitingServers else { return .done }
            for swap in try await swaps(scene, context, present: true) {
                for kept in try await swap.discard() { context.report(Progress(kept)) }
            }
            for (_, roles) in try await roles(scene) {
                let kept = try await roles.discard()
                guard !kept.isEmpty else { continue }
                context.report(Progress("Roles that are in use stay: \(kept.joined(separator: ", "))"))
            }
        default: throw Self.notMine(effect)
        }
        return .done
    }

    private func check(_ scene: any RestoreScene, _ context: EffectContext) async throws {
        context.report(Progress("Looking at the backup set and the servers"))
        let report = PreflightReport(of: try await scene.observe())
        guard report.outcome != .fail else {
            throw Refused(
                Trouble(
                    .environment,
                    "preflight-failed",
                    "The restore of \(scene.plan.set) is blocked: "
                        + report.blocking.map { "\($0.title): \($0.message)" }.joined(separator: " "),
                    remedy: report.blocking.compactMap(\.remedy).joined(separator: " ")
                )
            )
        }
    }

    /// The last look before the mark is lowered: from then on Pawl takes the databases for what it sees now.
    /// Without the rows, of which nothing hangs on: they were told before.
    private func confirm(_ scene: any RestoreScene, _ context: EffectContext) async throws {
        context.report(Progress("Looking at what runs, and at the schema of every database"))
        let report = PreflightReport(of: try await scene.observeInPlace())
        guard report.outcome == .fail else { return }
        throw Trouble(
            report.blocking.contains { $0.outcome == .fail } ? .operator : .environment,
            "not-restored",
            "\(scene.plan.set) is not what is in place any more: "
                + report.blocking.map { "\($0.title): \($0.message)" }.joined(separator: " "),
            remedy: report.blocking.compactMap(\.remedy).joined(separator: " ")
        )
    }

    /// Provides the database servers, and waits until each answers.
    private func provideDatabases(_ scene: any RestoreScene, _ context: EffectContext) async throws {
        try await scene.provideGround()
        try scene.ground.noteAwaitingServers()
        try await scene.provideServers(logs: context.folder, keepingAs: suffix(context)) { message, part in
            context.report(Progress(message, fraction: part))
        }
        context.report(Progress("Waiting for the database servers"))
        for name in scene.plan.databases { try await answer(of: name, scene) }
        try scene.ground.noteServersAnswer()
    }

    /// Starts the database servers that an effect needs and that have stopped since they were provided, as at a reboot;
    /// returns whether there were such.
    private func revive(
        _ effect: Effect,
        _ scene: any RestoreScene,
        _ context: EffectContext
    ) async throws -> Bool {
        switch effect.kind {
        case .restoreDatabase, .proveDatabase, .closeDatabases, .setAside, .bringIn: break
        case .discardRestored: if scene.ground.isAwaitingServers { return false }
        default: return false
        }
        var revived: [String] = []
        for name in scene.plan.databases + scene.plan.extra {
            guard let words = try await scene.startAgain(name) else { continue }
            context.report(Progress(words))
            revived.append(name)
        }
        for name in revived { try await answer(of: name, scene) }
        return !revived.isEmpty
    }

    /// Waits until a database's server answers; one that has just been started takes a while.
    private func answer(of name: String, _ scene: any RestoreScene) async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while true {
            do {
                return try await ServerDatabases(try await scene.route(to: name)).answer()
            } catch let trouble as Trouble {
                guard trouble.mayPass || trouble.code == "service-not-running", ContinuousClock.now < deadline else {
                    throw trouble
                }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Unpacks the set and makes sure of what its release needs, before anything of the installation is touched.
    private func unpack(_ scene: any RestoreScene, _ context: EffectContext) async throws {
        try await scene.ground.unpack(try scene.set, identity: scene.plan.identity)
        // No server is touched before one was provided.
        try scene.ground.noteAwaitingServers()
        try await scene.provideRelease { context.report(Progress($0, fraction: $1)) }
    }

    private func suffix(_ context: EffectContext) -> String {
        ".before-\(context.run)" + (context.restore?.number.map { "-\($0)" } ?? "")
    }

    // MARK: Who and where

    private func scene(_ context: EffectContext) throws -> any RestoreScene {
        guard let plan = context.restore else {
            throw Trouble(
                .internal,
                "no-restore",
                "The run \(context.run) restores nothing.",
                remedy: "Report this as a bug."
            )
        }
        return site.restoreScene(plan, on: .of(plan, runFolder: context.folder)) { [site] in
            try BackupShelf(site.workplace).store.load(plan.set)
        }
    }

    private func subject(_ effect: Effect) throws -> String {
        guard let subject = effect.subject else { throw Self.notMine(effect) }
        return subject
    }

    private func target(
        _ effect: Effect,
        _ scene: any RestoreScene,
        _ context: EffectContext
    ) async throws -> (route: DatabaseRoute, names: RestoreNames) {
        let route = try await scene.route(to: subject(effect))
        return (route, RestoreNames(route.database, run: context.run, number: scene.plan.number))
    }

    private func swap(
        _ effect: Effect,
        _ scene: any RestoreScene,
        _ context: EffectContext
    ) async throws -> DatabaseSwap {
        let (route, names) = try await target(effect, scene, context)
        return DatabaseSwap(route, names: names)
    }

    /// The swaps of all databases that the restore is about; with `present` those are left out whose server is
    /// gone, which nothing can be undone on.
    private func swaps(
        _ scene: any RestoreScene,
        _ context: EffectContext,
        present: Bool = false
    ) async throws -> [DatabaseSwap] {
        var swaps: [DatabaseSwap] = []
        for name in scene.plan.databases + scene.plan.extra {
            do {
                let route = try await scene.route(to: name)
                swaps.append(
                    DatabaseSwap(
                        route,
                        names: RestoreNames(route.database, run: context.run, number: scene.plan.number)
                    )
                )
            } catch let trouble as Trouble where present && trouble.code == "service-missing" {
                context.report(Progress("\(trouble.message) What was made there for the restore stays in its storage."))
            }
        }
        return swaps
    }

    private func roles(of database: String, over route: DatabaseRoute, _ scene: any RestoreScene) -> RestoredRoles {
        RestoredRoles(of: scene.plan.set, database, over: route, work: scene.ground.work)
    }

    /// What is still to be set for all roles of the server that a database is on, once that is the last one there to get its
    /// name: whatever is set then, no session of the restore comes after it.
    private func lastSettings(
        after name: String,
        _ scene: any RestoreScene
    ) async throws -> [RestoredRoles] {
        let route = try await scene.route(to: name)
        let here = try await roles(scene).filter { $0.value.isOnServer(of: route) }
        guard here.last?.key == name else { return [] }
        return try here.map(\.value).filter { try !$0.settings().isEmpty }
    }

    /// The roles that each database's restore has made, by the database's name and in the order in which they get their
    /// names; those are left out whose server is gone.
    private func roles(_ scene: any RestoreScene) async throws -> [(key: String, value: RestoredRoles)] {
        var found: [(key: String, value: RestoredRoles)] = []
        for name in scene.plan.databases {
            do {
                found.append((name, roles(of: name, over: try await scene.route(to: name), scene)))
            } catch let trouble as Trouble where trouble.code == "service-missing" {
                continue
            }
        }
        return found
    }

    private static func notMine(_ effect: Effect) -> Trouble {
        Trouble(
            .internal,
            "wrong-port",
            "\(effect.identity) is not for restores to do.",
            remedy: "Report this as a bug."
        )
    }
}

extension DisprovenSet {
    /// The same as the reason why a restore is given up.
    var restoreTrouble: Trouble {
        Trouble(
            .environment,
            "backup-not-proven",
            "The restored database is not what the backup says: "
                + failures.prefix(8).map(\.description).joined(separator: "; ")
                + (failures.count > 8 ? " and \(failures.count - 8) more" : ""),
            remedy: "Nothing was replaced. Use another set (`pawl backup list`), or ask for support."
        )
    }
}
