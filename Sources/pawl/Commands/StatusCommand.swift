import ArgumentParser
import Foundation
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
        let workplace = try Workplace(options)
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
            let state = try await Site.with(workplace) { try await $0.deployment().observe() }
            facts.installed = state.installedVersion
            facts.drifted = state.drifted
            facts.isRunning = state.isRunning
        } catch let trouble as Trouble {
            troubles.append(trouble)
        }
        do {
            let catalog = try CatalogBook(workplace).ask()
            facts.catalog = catalog
            if let installed = facts.installed {
                facts.plan = Planner.plan(
                    PlanRequest(
                        deployment: Standpoint.deployment,
                        origin: .observed(.init(version: installed)),
                        highWaterMark: facts.highWaterMark,
                        packageVersion: Standpoint.packageVersion(in: workplace),
                        consoleVersion: catalog.header.countsConsoleAsPawl ? PawlVersion.value : nil
                    ),
                    in: catalog
                )
            }
        } catch let trouble as Trouble {
            troubles.append(trouble)
        }
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
        facts.troubles = troubles
        return facts
    }
}
