extension RestoreObservation {
    /// What a restore looks at besides, where the installation is a Helm release.
    package struct Cluster: Sendable {
        /// One of the keys without which the data is of no use.
        package struct Key: Sendable, Hashable {
            /// How it stands with it.
            package enum Standing: Sendable, Hashable {
                /// The cluster has the set's.
                case same
                /// The cluster has another one, and the set's values bring the set's back.
                case comesBack
                /// The cluster has another one, and nothing that the restore deploys changes that.
                case differs
                /// The set does not have it.
                case missing
            }

            /// The name of its variable.
            package var name: String
            /// Where the product finds it, such as “the key `encryptionKey` of the Secret `shop-keys`”.
            package var place: String
            /// How it stands with it.
            package var standing: Standing

            /// Names a key.
            package init(name: String, place: String, standing: Standing) {
                self.name = name
                self.place = place
                self.standing = standing
            }
        }

        /// The Helm release's name, as `pawl.yaml` has it.
        package var releaseName: String
        /// The namespace, as `pawl.yaml` has it.
        package var namespace: String
        /// Whether there is such a release: a restore goes over one, and makes none.
        package var isInstalled: Fact<Bool>
        /// The product's keys.
        package var keys: Fact<[Key]>
        /// What of the set's release the cluster does not serve, such as `apps/v1beta1 Deployment (api)`.
        package var unservedKinds: Fact<[String]>
        /// The images of the set's release.
        package var images: Fact<[ObservedClusterImage]>
        /// What holds data and is not in the set's release, so that Helm would remove it, as `PersistentVolumeClaim/data`.
        package var lost: Fact<[String]>
        /// What of the operator's files of values does not come back as the set has it; one sentence each.
        package var values: Fact<[String]>
        /// Controllers that own the release or its workloads and would put back what the restore changes.
        package var gitOps: Fact<[String]>
        /// What Pawl's account may not do, such as `patch deployments/scale (apps)`.
        package var missingRights: Fact<[String]>
        /// Rules of a Role, as YAML, that would allow what is missing; empty where nothing is.
        package var roleSnippet: String

        /// Puts the facts together; what is left out was not looked at.
        package init(
            releaseName: String,
            namespace: String,
            isInstalled: Fact<Bool> = .unseen,
            keys: Fact<[Key]> = .unseen,
            unservedKinds: Fact<[String]> = .unseen,
            images: Fact<[ObservedClusterImage]> = .unseen,
            lost: Fact<[String]> = .unseen,
            values: Fact<[String]> = .unseen,
            gitOps: Fact<[String]> = .unseen,
            missingRights: Fact<[String]> = .unseen,
            roleSnippet: String = ""
        ) {
            self.releaseName = releaseName
            self.namespace = namespace
            self.isInstalled = isInstalled
            self.keys = keys
            self.unservedKinds = unservedKinds
            self.images = images
            self.lost = lost
            self.values = values
            self.gitOps = gitOps
            self.missingRights = missingRights
            self.roleSnippet = roleSnippet
        }
    }
}
