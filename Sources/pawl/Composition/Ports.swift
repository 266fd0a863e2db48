import Foundation
import Postgres
import StateStore
import UpgradeEngine
import UpgradeModel

/// The engine's ports over a real installation.
struct Ports: Sendable {
    let effects: EffectPorts
    private let site: any Site

    /// `allowsEmpty` says whether the installation's folder may be empty at first, as for a restore.
    init(_ workplace: Workplace, allowsEmpty: Bool = false) async throws {
        let site = try await Sites.open(workplace, allowsEmpty: allowsEmpty)
        self.site = site
        do {
            effects = EffectPorts(
                readiness: ReadinessPort(site: site),
                deployment: WriteGuard(
                    port: MigrationWatch(
                        port: SchemaCheck(port: try await site.deploymentPort(), site: site),
                        site: site
                    ),
                    site: site
                ),
                backups: BackupPort(site: site),
                restores: site.restorePort()
            )
        } catch {
            await site.close()
            throw error
        }
    }

    func close() async { await site.close() }
}

/// Runs the preflight checks of a hop, and its rehearsal; whatever blocks is a refusal, and nothing was tried.
struct ReadinessPort: EffectPort {
    let site: any Site

    /// Looking may always be done again.
    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        guard effect.kind == .rehearse else { return .notStarted }
        return try await RehearsalPort(site: site).probe(effect, in: context)
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        if effect.kind == .rehearse { return try await RehearsalPort(site: site).perform(effect, in: context) }
        context.report(Progress("Looking at the installation"))
        let place = try await Standpoint(site.workplace)
        guard let release = place.catalog.release(effect.target) else {
            throw Refused(
                Trouble(
                    .release,
                    "unknown-release",
                    "The source no longer offers \(effect.target).",
                    remedy: "Bring the source up to date, or plan anew with `pawl plan`."
                )
            )
        }
        let observation = try await Gatherer(site, place, within: context.run).observation(for: release)
        let workplace = site.workplace
        let checks = effect.kind == .checkReplacement ? workplace.replacementChecks : workplace.checks
        let report = PreflightReport(of: observation, checks: checks)
        guard report.outcome != .fail else { throw Refused(Self.trouble(report)) }
        return .done
    }

    private static func trouble(_ report: PreflightReport) -> Trouble {
        let blocking = report.blocking
        return Trouble(
            .environment,
            "preflight-failed",
            "Preflight checks for \(report.target) block: "
                + blocking.map { "\($0.title): \($0.message)" }.joined(separator: " "),
            remedy: blocking.compactMap(\.remedy).joined(separator: " ")
        )
    }
}
