import ArgumentParser
import Foundation
import ReleasePackage
import Reports
import SingleVM
import StateStore
import UpgradeEngine
import UpgradeModel

/// Says where the installation stands. Changes nothing, not even a run that nobody carries.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the installed release, its support, updates, the last backup, and a run in progress.",
        discussion: "pawl status -o json | jq .support.daysLeft"
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let report = StatusReport(try await facts())
        Answer(options).give(report, text: report.text)
    }

    /// What can be found out; what cannot is told among the notices, so that one trouble does not hide all the rest.
    private func facts() async throws -> StatusReport.Facts {
        let premises = try Premises(options)
        // The Engine is asked while Pawl's own records are opened and read.
        async let observed = Site.observe(premises.singleVM, premises.product)
        let workplace = try Workplace(premises, options)
        var troubles: [Trouble] = workplace.store.safeMode.map { [$0] } ?? []
        var facts = StatusReport.Facts(
            product: workplace.product,
            deployment: Standpoint.deployment,
            installed: nil,
            drifted: [],
            isRunning: false,
            catalog: nil,
            plan: nil,
            today: Workplace.now().day,
            sets: [],
            highWaterMark: nil,
            run: nil,
            troubles: []
        )
        do throws(Trouble) { try workplace.claim.require() } catch { troubles.append(error) }
        facts.highWaterMark = try workplace.highWaterMark()
        facts.run = try RunnerProcess.openRun(in: workplace)
        do {
            facts.sets = try BackupShelf(workplace).sets()
            facts.unshownRecipients = try BackupShelf(workplace).unprovenRecipients()
            let scout = try WayBackScout(workplace)
            facts.wayBack = scout.wayBack(facts.sets)
            // A server that does not answer is no reason to say nothing else.
            facts.replaced = (try? await scout.replaced()) ?? []
        } catch let trouble as Trouble {
            troubles.append(trouble)
        }
        do { facts.catalog = try CatalogBook(workplace).ask() } catch let trouble as Trouble {
            troubles.append(trouble)
        }
        var environment: InstalledEnvironment?
        do { environment = try workplace.environment() } catch let trouble as Trouble { troubles.append(trouble) }
        do {
            let state = try await observed
            facts.installed = state.installedVersion
            facts.drifted = state.drifted
            facts.isRunning = state.isRunning
        } catch let trouble as Trouble {
            troubles.append(trouble)
        }
        if let installed = facts.installed, let catalog = facts.catalog {
            facts.plan = Planner.plan(
                PlanRequest(
                    deployment: Standpoint.deployment,
                    origin: .observed(.init(version: installed)),
                    highWaterMark: facts.highWaterMark,
                    packageVersion: Standpoint.packageVersion(of: workplace.product, in: environment),
                    consoleVersion: catalog.header.countsConsoleAsPawl ? PawlVersion.value : nil
                ),
                in: catalog
            )
        }
        facts.troubles = troubles
        return facts
    }
}
