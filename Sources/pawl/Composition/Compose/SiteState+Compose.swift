import Reports
import SingleVM
import UpgradeModel

extension InstalledState {
    /// What the Engine has told, for whoever does not mind how the installation runs.
    var siteState: SiteState {
        SiteState(
            installedVersion: installedVersion,
            broughtUpVersion: installedVersion,
            isRunning: isRunning,
            drifted: drifted,
            services: services.map { ServicesReport.Service($0) }
        )
    }

    /// The services that do not run what the others run, say nothing, or only say that they run the same.
    var drifted: [DriftedService] {
        switch release {
        case .absent: []
        case .version(let version):
            services.filter(\.runsOtherImage).map {
                DriftedService(name: $0.name, version: version, isOtherImage: true)
            }
        case .mixed(let services):
            services.map { DriftedService(name: $0.service, version: try? ReleaseVersion($0.version)) }
        case .unreadable(let services): services.map { DriftedService(name: $0, version: nil) }
        }
    }
}
