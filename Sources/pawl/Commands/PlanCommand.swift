import ArgumentParser
import Foundation
import ReleaseSource
import Reports
import UpgradeModel

/// Shows the way from what runs to what should run.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show the way to a release: the hops, and why each stops where it does.",
        discussion: """
            pawl plan                      the way to the newest release
            pawl plan --to 2026.7.20       the way to one release

            Offline, from a catalog file:
              pawl plan --catalog catalog.json --from 2025.7.16 --deployment single-vm
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The release to go to (default: the newest).") var to: VersionArgument?
    @Flag(help: "Consider prereleases too.") var prereleases = false
    @Option(help: "Offline: a catalog.json or a Helm index.yaml.") var catalog: String?
    @Option(help: "Offline: the installed release.") var from: VersionArgument?
    @Option(help: "Offline: single-vm, embedded-cluster or orchestrated.") var deployment: DeploymentArgument?
    @Option(help: "Offline: the version of the customer package.") var packageVersion: VersionArgument?

    func validate() throws {
        if catalog == nil, from != nil || deployment != nil || packageVersion != nil {
            throw ValidationError("--from, --deployment and --package-version belong to --catalog FILE.")
        }
        if catalog != nil, from == nil || deployment == nil {
            throw ValidationError("--catalog FILE also needs --from VERSION and --deployment KIND.")
        }
    }

    func run() async throws {
        let (plan, support) = try await plan()
        Answer(options).give(PlanReport(plan, support: support), text: PlanReport(plan, support: support).text)
        if plan.refusal != nil { throw Exit(status: .refused) }
    }

    private func plan() async throws -> (UpgradePlan, SupportPolicy) {
        guard let catalog, let from, let deployment else {
            let place = try await Standpoint(Workplace(options))
            let plan = try place.plan(to: to?.version, prereleases: prereleases)
            return (plan, place.workplace.product.supportWindow)
        }
        let offered = try CatalogFile.read(path: Workplace.absolute(catalog))
        let request = PlanRequest(
            deployment: deployment.kind,
            origin: .stated(from.version),
            target: to?.version,
            allowsPrereleases: prereleases,
            packageVersion: packageVersion.map { .known($0.version) } ?? .notCompared,
            consoleVersion: offered.header.countsConsoleAsPawl ? PawlVersion.value : nil
        )
        let clock = ContinuousClock()
        var plan: UpgradePlan?
        let taken = clock.measure { plan = Planner.plan(request, in: offered) }
        if options.verbose { Output.remark("planned among \(offered.releases.count) releases in \(taken)") }
        return (plan ?? Planner.plan(request, in: offered), .year)
    }
}
