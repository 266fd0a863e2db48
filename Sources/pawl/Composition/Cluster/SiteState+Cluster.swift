import Orchestrated
import Reports
import UpgradeModel

extension ClusterState {
    /// What the cluster has told, for whoever does not mind how the installation runs.
    var siteState: SiteState {
        // Objects stay when a workload is stopped, and say what they were made for.
        let atWork = workloads.filter { $0.isWriter && $0.isActive && $0.tellsVersion }
        return SiteState(
            installedVersion: installedVersion,
            broughtUpVersion: atWork.compactMap(\.version).min(),
            chartVersion: record.flatMap { try? ReleaseVersion($0.chartVersion) },
            isRunning: workloads.contains { $0.tellsVersion && $0.isActive },
            drifted: drifted,
            drift: drift,
            services: workloads.map { ServicesReport.Service($0) }
        )
    }

    /// The workloads that do not run what the others run, or say nothing.
    private var drifted: [DriftedService] {
        switch release {
        case .absent, .version: []
        case .mixed(let workloads):
            workloads.map { DriftedService(name: $0.component, version: try? ReleaseVersion($0.version)) }
        case .unreadable(let components): components.map { DriftedService(name: $0, version: nil) }
        }
    }
}

extension ServicesReport.Service {
    /// Reports a workload as one thing: its pods come and go.
    init(_ workload: WorkloadState) {
        let condition: ServicesReport.Condition =
            if workload.complaint != nil {
                .unhealthy
            } else if !workload.isActive {
                .stopped
            } else {
                workload.readyReplicas >= workload.wantedReplicas ? .healthy : .starting
            }
        self.init(
            name: workload.component,
            version: workload.versionText,
            containers: [
                ServicesReport.Container(
                    name: "\(workload.kind.rawValue) \(workload.name), "
                        + "\(workload.readyReplicas) of \(workload.wantedReplicas) pods ready",
                    condition: condition,
                    image: workload.images.last ?? "",
                    startedAt: nil,
                    restarts: 0,
                    exitCode: nil
                )
            ]
        )
    }
}
