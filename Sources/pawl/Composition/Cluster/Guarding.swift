import Foundation
import Orchestrated
import Reports
import StateStore
import UpgradeModel

/// Looks at, installs and removes the guard of a Helm release.
struct Guarding: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Whether there is one, and what it lets through.
    func status() async throws -> GuardReport {
        try await at { site in try await Self.report(ReleaseGuard(await site.lookedAt())) }
    }

    /// Installs it, or puts it right: what may run is what is installed.
    ///
    /// - Throws: code `another-run` where somebody is at work. A run that waits for an operator is no hindrance: a guard
    ///   that is wrong may be what it waits for.
    func install() async throws -> GuardReport {
        try await changing("install") { site in
            let deployment = await site.lookedAt()
            let own = ReleaseGuard(deployment)
            let installed = try await own.install(try await word(site, deployment))
            var report = try await Self.report(own)
            report.changed = installed.changed
            report.rejects = installed.rejects
            return report
        }
    }

    /// Removes it.
    func remove() async throws -> GuardReport {
        try await changing("remove") { site in
            let own = ReleaseGuard(await site.lookedAt())
            let removed = try await own.remove()
            var report = try await Self.report(own)
            report.changed = removed
            return report
        }
    }

    /// What is to be let through: the newest release that the databases may belong to, as its chart comes out.
    private func word(_ site: ClusterSite, _ deployment: HelmDeployment) async throws -> GuardWord {
        let record = try await site.record()
        let mark = try await workplace.highWaterMark()
        guard let release = [record.releaseVersion, mark].compactMap(\.self).max() else {
            throw Trouble(
                .operator,
                "nothing-installed",
                "Nothing of the Helm release \(site.settings.release) tells which release it is.",
                remedy: "Look at `helm history \(site.settings.release) -n \(site.settings.namespace)`."
            )
        }
        let manifest: String
        if record.releaseVersion == release {
            manifest = record.manifest
        } else if let kept = FileManager.default.contents(atPath: deployment.folder.release(release).manifest) {
            manifest = String(decoding: kept, as: UTF8.self)
        } else {
            throw Trouble(
                .operator,
                "installed-older",
                "Helm's record says \(record.releaseVersion?.description ?? "nothing readable"), but the migrations of "
                    + "\(release) have already started here, and its chart is not kept in this data folder.",
                remedy: "Deploy \(release) with `pawl upgrade --to \(release)`, then install the guard."
            )
        }
        return GuardWord(of: release, try Manifest.parse(manifest), helm: site.settings.release)
    }

    /// Changes the guard, as the only one at work on the installation, with a line in the audit trail.
    private func changing(
        _ what: String,
        _ body: (ClusterSite) async throws -> GuardReport
    ) async throws -> GuardReport {
        let settings = try settings()
        try await workplace.requireWritable()
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let subject = "\(what) \(GuardPolicy(namespace: settings.namespace, release: settings.release).name)"
        let trail = CommandTrail(workplace)
        trail.note(.releaseGuard, of: subject, .asked)
        let report: GuardReport
        do {
            report = try await at(body)
            trail.note(.releaseGuard, of: subject, .done)
        } catch {
            trail.note(.releaseGuard, of: subject, endedBy: error)
            throw error
        }
        _ = consume lock
        return report
    }

    private func at(_ body: (ClusterSite) async throws -> GuardReport) async throws -> GuardReport {
        let site = try await ClusterSite(workplace, try settings())
        return try await Sites.closing(site) { try await body(site) }
    }

    private func settings() throws(Trouble) -> OrchestratedDeployment {
        if case .orchestrated(let settings) = workplace.installation.deployment { return settings }
        throw Trouble(
            .operator,
            "guard-not-available",
            "A guard is a rule at the API server of a cluster, and this installation runs on a single machine.",
            remedy: "Nothing is to be done: here Pawl looks for older containers before everything it does."
        )
    }

    private static func report(_ own: ReleaseGuard) async throws -> GuardReport {
        let status = try await own.status()
        var report = GuardReport(
            .absent,
            namespace: own.policy.namespace,
            release: own.policy.release,
            serverVersion: status.serverVersion,
            policy: own.policy.name,
            parameters: own.policy.parameters
        )
        switch status.state {
        case .absent: break
        case .installed: report.state = .installed
        case .differs(let differences):
            report.state = .differs
            report.differences = differences
        case .notAvailable(let reason):
            report.state = .notAvailable
            report.reason = reason
        }
        if let word = status.word {
            report.highWaterMark = word.mark.isEmpty ? nil : word.mark
            report.allowed = word.allowed
            report.others = word.others
            report.run = word.run
        }
        return report
    }
}
