import StateStore
import UpgradeEngine
import UpgradeModel

/// What is found out of every installation in the same way, however it runs.
struct InstallationFacts: Sendable {
    let place: Standpoint
    let variables: Result<SiteVariables, any Error>
    /// The run on whose behalf this is done; another one is somebody else's.
    let run: RunID?

    private var workplace: Workplace { place.workplace }

    /// The facts, with nothing said yet of what stands and runs.
    func observed() async -> ObservedInstallation {
        ObservedInstallation(
            running: .of { RunningRelease(version: try place.installed, drift: place.state.drifted) },
            standing: .of { try standing() },
            highWaterMark: await .of { try await workplace.highWaterMark() },
            files: .known(InstalledFiles()),
            unknownServices: .known([]),
            unnamedVolumes: .known([]),
            obstacles: [],
            containers: .known([]),
            addresses: [],
            tools: .known([]),
            otherRun: .of { try otherRun() },
            settings: .of { workplace.settings(in: try variables.get()) },
            missingKeys: .of { try missingKeys() },
            configuration: .known([]),
            packageVersion: packageVersion()
        )
    }

    private func standing() throws -> CatalogStanding {
        let version = try place.installed
        if let release = place.catalog.release(version) { return .offered(release) }
        if let entry = place.catalog.quarantine(of: version) { return .quarantined(reason: "\(entry.reason)") }
        return .unknown
    }

    private func missingKeys() throws -> [String] {
        let variables = try variables.get()
        return workplace.product.keys.filter { variables.values[$0, default: ""].isEmpty }
    }

    private func otherRun() throws -> ActiveRun? {
        if let open = try RunnerProcess.openRun(in: workplace), open.request.id != run {
            return ActiveRun(
                id: open.request.id.description,
                startedBy: open.request.startedBy,
                since: open.request.startedAt.description
            )
        }
        guard run == nil, try RunnerLock.isHeld(in: workplace.data) else { return nil }
        let lease = try workplace.store.newestLease()
        return ActiveRun(id: nil, startedBy: lease?.owner, since: lease?.since.description)
    }

    private func packageVersion() -> Fact<ReleaseVersion?> {
        guard let variable = workplace.packageVersionVariable else { return .known(nil) }
        switch place.packageVersion {
        case .known(let version): return .known(version)
        case .unreadable, .notCompared: return .unknown("`\(variable)` has no value that is a version")
        }
    }
}
