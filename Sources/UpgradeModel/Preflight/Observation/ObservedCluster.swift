/// The cluster, and what of the installation stands and runs in it.
///
/// Facts of the target are among them, since it is the cluster that must be able to run it. Each is known or not by
/// itself; what is left out when one is made was not looked at yet.
package struct ObservedCluster: Sendable {
    /// The Helm release's name, as `pawl.yaml` has it.
    package var releaseName: String
    /// The namespace, as `pawl.yaml` has it.
    package var namespace: String
    /// Whether the installation brought the cluster along.
    package var isEmbedded: Bool
    /// The version of its Kubernetes, such as `v1.20.2`; not known where the API server does not answer.
    package var serverVersion: Fact<String>
    /// The version of Helm's program; nil where it is not installed.
    package var helm: Fact<String?>
    /// The newest record of the Helm release; nil where there is no such release.
    package var release: Fact<ObservedHelmRelease?>
    /// Workloads that are not what the release's record says: another image, missing, older than the high-water mark; one
    /// clause each.
    package var drift: Fact<[String]>
    /// The release's workloads, and how they are.
    package var workloads: Fact<[ObservedWorkload]>
    /// The images of the target.
    package var images: Fact<[ObservedClusterImage]>
    /// What the upgrade needs beyond the namespace's quota; one clause each.
    package var quota: Fact<[String]>
    /// Pods of the target that no node has room for; one clause each. Nil where the account may not look at the nodes,
    /// which takes rights in the whole cluster.
    package var room: Fact<[String]?>
    /// PodDisruptionBudgets that allow no pod to be moved; one clause each.
    package var budgets: Fact<[String]>
    /// What the target's manifest has and this cluster does not serve, such as `apps/v1beta1 Deployment (api)`.
    package var unservedKinds: Fact<[String]>
    /// What Pawl's account may not do, such as `patch deployments/scale (apps)`.
    package var missingRights: Fact<[String]>
    /// Rules of a Role, as YAML, that would allow what is missing; empty where nothing is.
    package var roleSnippet: String
    /// Admission webhooks that must be asked and have nobody to answer, by name. Nil where the account may not look at
    /// webhooks, which takes rights in the whole cluster.
    package var brokenWebhooks: Fact<[String]?>
    /// The guard at the API server; nil where none is installed.
    package var releaseGuard: Fact<ObservedGuard?>
    /// Controllers that own the release or its workloads and would put back what Pawl changes, such as
    /// `Argo CD application demo` or `Flux HelmRelease demo`; those that are suspended, or only look, are not among them.
    package var gitOps: Fact<[String]>
    /// What must be said about the connection, such as that the server's certificate is not checked; one clause each.
    package var warnings: [String]

    /// Puts the facts together; what is left out was not looked at yet.
    package init(
        releaseName: String,
        namespace: String,
        isEmbedded: Bool = false,
        serverVersion: Fact<String> = .unseen,
        helm: Fact<String?> = .unseen,
        release: Fact<ObservedHelmRelease?> = .unseen,
        drift: Fact<[String]> = .unseen,
        workloads: Fact<[ObservedWorkload]> = .unseen,
        images: Fact<[ObservedClusterImage]> = .unseen,
        quota: Fact<[String]> = .unseen,
        room: Fact<[String]?> = .unseen,
        budgets: Fact<[String]> = .unseen,
        unservedKinds: Fact<[String]> = .unseen,
        missingRights: Fact<[String]> = .unseen,
        roleSnippet: String = "",
        brokenWebhooks: Fact<[String]?> = .unseen,
        releaseGuard: Fact<ObservedGuard?> = .unseen,
        gitOps: Fact<[String]> = .unseen,
        warnings: [String] = []
    ) {
        self.releaseName = releaseName
        self.namespace = namespace
        self.isEmbedded = isEmbedded
        self.serverVersion = serverVersion
        self.helm = helm
        self.release = release
        self.drift = drift
        self.workloads = workloads
        self.images = images
        self.quota = quota
        self.room = room
        self.budgets = budgets
        self.unservedKinds = unservedKinds
        self.missingRights = missingRights
        self.roleSnippet = roleSnippet
        self.brokenWebhooks = brokenWebhooks
        self.releaseGuard = releaseGuard
        self.gitOps = gitOps
        self.warnings = warnings
    }
}

/// A record of a Helm release, as far as checks look at it.
package struct ObservedHelmRelease: Sendable, Hashable {
    /// The release's name.
    package var name: String
    /// Its namespace.
    package var namespace: String
    /// Its revision.
    package var revision: Int
    /// Its status in Helm's own words, such as `deployed` or `pending-upgrade`.
    package var status: String
    /// The chart's name.
    package var chart: String
    /// The chart's version.
    package var chartVersion: String
    /// The application's version, as the chart says; nil where it does not.
    package var appVersion: String?
    /// When the record was written; nil where it does not say.
    package var updatedAt: Moment?
    /// What the client that wrote it has said about it; may be empty.
    package var description: String

    /// Makes a record.
    package init(
        name: String,
        namespace: String,
        revision: Int,
        status: String,
        chart: String,
        chartVersion: String,
        appVersion: String? = nil,
        updatedAt: Moment? = nil,
        description: String = ""
    ) {
        self.name = name
        self.namespace = namespace
        self.revision = revision
        self.status = status
        self.chart = chart
        self.chartVersion = chartVersion
        self.appVersion = appVersion
        self.updatedAt = updatedAt
        self.description = description
    }
}

/// A guard that is installed: the rule at the API server that rejects what the plan does not allow.
package struct ObservedGuard: Sendable, Hashable {
    /// Why it could not be told what an upgrade brings, so that it would stop it; one clause each.
    package var obstacles: [String]
    /// How it is not what Pawl has made of it; one clause each.
    package var edits: [String]
    /// Rules of a Role that would let it be told, as YAML; empty where nothing is missing.
    package var rules: String

    /// Describes a guard.
    package init(obstacles: [String] = [], edits: [String] = [], rules: String = "") {
        self.obstacles = obstacles
        self.edits = edits
        self.rules = rules
    }
}

/// A workload of the release.
package struct ObservedWorkload: Sendable, Hashable {
    /// Its name.
    package var name: String
    /// Its component, as the product calls it.
    package var component: String
    /// Its kind, such as `Deployment`.
    package var kind: String
    /// Why it is not well, one clause; nil where it is.
    package var complaint: String?
    /// Whether it writes to the databases.
    package var isWriter: Bool

    /// Makes a workload.
    package init(name: String, component: String, kind: String, complaint: String? = nil, isWriter: Bool = false) {
        self.name = name
        self.component = component
        self.kind = kind
        self.complaint = complaint
        self.isWriter = isWriter
    }
}

/// An image of the target, and whether the cluster can have it.
package struct ObservedClusterImage: Sendable, Hashable {
    /// What is known about it.
    package enum Condition: Sendable, Hashable {
        /// The nodes have it already, or it was pulled for a try.
        case onNodes
        /// Whether it can be pulled cannot be known; one clause that says why.
        case unknown(String)
        /// It cannot be pulled; one clause that says why.
        case missing(String)
    }

    /// The image as the manifest names it.
    package var reference: String
    /// What is known about it.
    package var condition: Condition

    /// Makes an image.
    package init(reference: String, condition: Condition) {
        self.reference = reference
        self.condition = condition
    }
}
