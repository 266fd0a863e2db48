import Foundation
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Finds out where an installation stands. Changes nothing, not even a run that nobody carries.
struct StatusScout: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// What can be found out; what cannot is told among the notices, so that one trouble does not hide all the rest.
    /// `observed` looks at the installation meanwhile.
    func facts(_ observed: Task<SiteState, any Error>) async throws -> StatusReport.Facts {
        var troubles: [Trouble] = workplace.store.safeMode.map { [$0] } ?? []
        var facts = StatusReport.Facts(
            product: workplace.product,
            deployment: workplace.kind,
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
        if let outdated = workplace.outdated { troubles.append(outdated) }
        do throws(Trouble) { try await workplace.claim.require() } catch { troubles.append(error) }
        do throws(Trouble) { facts.highWaterMark = try await workplace.highWaterMark() } catch {
            // What the store knows is told all the same.
            facts.highWaterMark = try? workplace.store.highWaterMark()
            if !troubles.contains(error) { troubles.append(error) }
        }
        facts.run = try RunnerProcess.openRun(in: workplace)
        if let run = facts.run {
            let standing = try RunViews(workplace).standing(of: run)
            facts.run?.standing = standing
            if let obstacle = standing.obstacle { troubles.append(obstacle) }
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
        do { facts.catalog = try CatalogBook(workplace).ask() } catch let trouble as Trouble {
            troubles.append(trouble)
        }
        var variables: SiteVariables?
        do { variables = try await Sites.with(workplace) { try await $0.variables() } } catch let trouble as Trouble {
            troubles.append(trouble)
        }
        var observation: PlanRequest.ObservedRelease?
        do {
            let state = try await observed.value
            facts.installed = state.installedVersion
            facts.chartVersion = state.chartVersion
            facts.drift = state.drift
            observation = state.installedVersion.map { state.observed($0) }
            facts.drifted = state.drifted
            facts.isRunning = state.isRunning
        } catch let trouble as Trouble {
            // Where the cluster is away, it was away for the variables too.
            if !troubles.contains(trouble) { troubles.append(trouble) }
        }
        if let observation, let catalog = facts.catalog {
            facts.plan = Planner.plan(
                PlanRequest(
                    deployment: workplace.kind,
                    origin: .observed(observation),
                    highWaterMark: facts.highWaterMark,
                    packageVersion: workplace.packageVersion(in: variables),
                    consoleVersion: catalog.header.countsConsoleAsPawl ? PawlVersion.value : nil
                ),
                in: catalog
            )
        }
        do { facts.automation = try Automation(workplace).facts() } catch { troubles.append(error) }
        facts.troubles = troubles
        return facts
    }
}
