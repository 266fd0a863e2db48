import Postgres
import StateStore
import UpgradeModel

/// Opens what an installation's configuration describes.
enum Sites {
    /// Opens a site, which the caller closes. `allowsEmpty` says whether the installation may not be there yet: a restore
    /// brings it along.
    static func open(_ workplace: Workplace, allowsEmpty: Bool = false) async throws -> any Site {
        switch workplace.installation.deployment {
        case .singleVM(let singleVM): try ComposeSite(workplace, singleVM, allowsEmpty: allowsEmpty)
        case .orchestrated(let deployment): try await ClusterSite(workplace, deployment, allowsEmpty: allowsEmpty)
        }
    }

    /// Works at a site and closes it, however the work ends.
    static func with<Value: Sendable>(
        _ workplace: Workplace,
        allowsEmpty: Bool = false,
        _ body: (any Site) async throws -> Value
    ) async throws -> Value {
        let site = try await open(workplace, allowsEmpty: allowsEmpty)
        return try await closing(site) { try await body(site) }
    }

    /// Works at a site that is open, and closes it.
    static func closing<Value: Sendable>(
        _ site: any Site,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await body()
            await site.close()
            return value
        } catch {
            await site.close()
            throw error
        }
    }

    /// Looks at what runs, without reading what does not tell it; `data` is the path of the data folder, which need not be
    /// opened yet.
    static func observe(_ premises: Premises, data: String) async throws -> SiteState {
        switch premises.installation.deployment {
        case .singleVM(let singleVM): try await ComposeSite.observe(singleVM, premises.product).siteState
        case .orchestrated(let deployment): try await ClusterSite.observe(deployment, premises, data: data)
        }
    }

    /// The same of an installation whose data folder is open.
    static func observe(_ workplace: Workplace) async throws -> SiteState {
        try await observe(workplace.premises, data: workplace.data.path)
    }
}

extension Workplace {
    /// Which data folder the installation belongs to.
    var claim: any SiteClaim {
        switch installation.deployment {
        case .singleVM(let singleVM): FolderClaim(InstallationClaim(on: singleVM.directory, by: data))
        case .orchestrated(let deployment): ClusterClaim(deployment, by: data)
        }
    }

    /// How the installation runs.
    var kind: DeploymentKind {
        switch installation.deployment {
        case .singleVM: .singleVM
        case .orchestrated(let deployment): deployment.embeddedCluster ? .embeddedCluster : .orchestrated
        }
    }

    /// The checks before a hop, in the order in which operators see them.
    var checks: [Check] { Check.list(for: kind) }

    /// The checks of a release that takes the place of one that failed.
    var replacementChecks: [Check] { Check.replacementList(for: kind) }

    /// What tells which release runs, such as “container of the project demo”.
    var piece: String {
        switch installation.deployment {
        case .singleVM(let singleVM): "container of the project \(singleVM.project)"
        case .orchestrated(let deployment):
            "workload of the Helm release \(deployment.release) in the namespace \(deployment.namespace)"
        }
    }

    /// The size of the files of the configuration that go into a set, in bytes.
    var configurationBytes: Int64 {
        switch installation.deployment {
        case .singleVM(let singleVM):
            ComposeInstallation(singleVM: singleVM, product: product).configurationTree.bytes
        case .orchestrated(let deployment): deployment.values.reduce(0) { $0 + DiskScout.size($1) }
        }
    }

    /// The variable that holds the customer package's version; nil where the product names none.
    var packageVersionVariable: String? {
        kind == .singleVM ? product.singleVM?.packageVersionVariable : product.orchestrated?.packageVersionVariable
    }
}

extension Trouble {
    /// What cannot be done yet over a Helm release, such as “rehearse migrations”, and what to do by hand.
    static func notOnKubernetes(_ what: String, remedy: String) -> Trouble {
        Trouble(.operator, "not-on-kubernetes", "Pawl cannot \(what) over a Helm release yet.", remedy: remedy)
    }
}
