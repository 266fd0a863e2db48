/// What is asked where the installation is a Helm release.
extension RestoreChecks {
    static func bringingBack(
        _ observation: RestoreObservation,
        to cluster: RestoreObservation.Cluster
    ) -> [Judged] {
        let set: [Judged] = [
            ("restore-set", "The backup set is whole", whole(observation)),
            ("restore-origin", "The backup set is this installation's", origin(observation)),
            ("restore-proof", "The backup set was proven", proven(observation)),
            ("restore-moment", "The set's databases are of one moment", moment(observation)),
            ("restore-identity", "The backup set can be decrypted", readable(observation)),
            ("restore-installation", "There is a Helm release to restore over", installed(observation, cluster)),
        ]
        // Of what is not there nothing else can be asked.
        guard cluster.isInstalled.value == true else { return set }
        let rest: [Judged] = [
            ("restore-release", "The release that matches is at hand", release(observation, cluster)),
            ("restore-keys", "The keys come back with the data", keys(observation, cluster)),
            ("restore-values", "The operator's values come back", values(cluster)),
            ("restore-volumes", "Nothing that holds data is removed", volumes(observation, cluster)),
            ("restore-others", "No controller undoes the restore", others(cluster)),
            ("restore-cluster-rights", "Pawl's account may do what it must", rights(cluster)),
            ("restore-extra", "What the set lacks is known", extra(observation)),
            ("restore-servers", "Database servers can be reached", servers(observation)),
            ("restore-address", "The set's configuration means these databases", addresses(observation)),
            ("restore-version", "Servers are of the dumps' version", versions(observation)),
            ("restore-rights", "Accounts may restore", rights(observation)),
            ("restore-passwords", "Accounts come back with their passwords", passwords(observation)),
            ("restore-settings", "What is set for all roles is as in the set", settings(observation)),
            ("restore-tools", "PostgreSQL's programs are here", tools(observation)),
            ("restore-space", "Room for the copies", space(observation)),
            ("restore-sessions", "Nobody else is in the databases", sessions(observation)),
        ]
        return set + rest
    }

    private static func installed(
        _ observation: RestoreObservation,
        _ cluster: RestoreObservation.Cluster
    ) -> Verdict {
        let (name, namespace) = (cluster.releaseName, cluster.namespace)
        return cluster.isInstalled.judged(
            "whether there is a Helm release \(name)",
            remedy: "See what `helm list -n \(namespace)` says."
        ) { isInstalled in
            isInstalled
                ? .pass("The Helm release \(name) is there.")
                : .fail(
                    "There is no Helm release \(name) in the namespace \(namespace). A restore goes over one, and makes "
                        + "none.",
                    remedy: "Bring it back by hand, as RESTORE.md in the set says: install the set's chart with its "
                        + "values (`helm install`), and restore the databases. Then let Pawl know: "
                        + "\(RestoredOutside.command(observation.plan.set.text))."
                )
        }
    }

    private static func release(
        _ observation: RestoreObservation,
        _ cluster: RestoreObservation.Cluster
    ) -> Verdict {
        let release = observation.plan.release
        let files = carried(observation)
        let served = cluster.unservedKinds.judged(
            "what \(release) needs the cluster to serve",
            remedy: "See what is said of the release's files, and `kubectl api-resources`."
        ) { kinds in
            kinds.isEmpty
                ? .pass("The cluster serves every kind of object in it.")
                : .fail(
                    "\(release) has objects that this cluster does not serve: \(ListText.and(kinds)).",
                    remedy: "Install what serves them; `kubectl api-resources` shows what is served."
                )
        }
        let images = cluster.images.judged(
            "whether the images of \(release) can be pulled",
            remedy: "See what is said of the release's files."
        ) { images in
            .all(images.compactMap { judge($0, cluster) }, none: .pass("The nodes have its images, or can pull them."))
        }
        return .all([files, served, images], none: files)
    }

    private static func judge(
        _ image: ObservedClusterImage,
        _ cluster: RestoreObservation.Cluster
    ) -> Verdict? {
        switch image.condition {
        case .onNodes: nil
        case .missing(let why):
            .fail(
                "The image `\(image.reference)` cannot be pulled: \(why).",
                remedy: "Push it to the registry; sets hold no images."
            )
        case .unknown(let why):
            .warn(
                "Whether the nodes can pull `\(image.reference)` is not known: \(why).",
                remedy: "Try it before: `kubectl run pull-check --image=IMAGE -n \(cluster.namespace) --restart=Never`."
            )
        }
    }

    /// Data without its keys is of no use, and a release that starts with others may write over it.
    private static func keys(
        _ observation: RestoreObservation,
        _ cluster: RestoreObservation.Cluster
    ) -> Verdict {
        let set = observation.plan.set
        return cluster.keys.judged(
            "whether the keys will be those of \(set)",
            remedy: "See what is said of the release's files, and whether Pawl may read the Secrets of the namespace."
        ) { keys in
            .all(keys.map { judge($0, set) }, none: .pass("The product has no keys."))
        }
    }

    private static func judge(_ key: RestoreObservation.Cluster.Key, _ set: BackupSetID) -> Verdict {
        switch key.standing {
        case .same: .pass("`\(key.name)` is what \(set) has.")
        case .comesBack:
            .warn(
                "`\(key.name)` is another one than in \(set); the set's values bring the set's back.",
                remedy: "Note today's first where other data needs it: it is \(key.place)."
            )
        case .differs:
            .fail(
                "`\(key.name)` is another one than in \(set), and the set's release does not bring it along: the data that "
                    + "comes back could not be read.",
                remedy: "Put the set's value where the product finds it: it is \(key.place), and in `keys.env` of the "
                    + "set's configuration, which RESTORE.md says how to unpack."
            )
        case .missing: .fail("\(set) does not have `\(key.name)`.", remedy: "Use another set (`pawl backup list`).")
        }
    }

    private static func values(_ cluster: RestoreObservation.Cluster) -> Verdict {
        cluster.values.judged(
            "what becomes of the operator's files of values",
            remedy: "See that Pawl may read the files under `values` in pawl.yaml."
        ) { sentences in
            sentences.isEmpty
                ? .pass("The operator's files of values come back; today's are kept beside them.")
                : .warn(
                    sentences.joined(separator: " ") + " The release comes back with the set's values all the same.",
                    remedy: "Look at these files before the next upgrade: it lays them over what is deployed."
                )
        }
    }

    private static func volumes(
        _ observation: RestoreObservation,
        _ cluster: RestoreObservation.Cluster
    ) -> Verdict {
        cluster.lost.judged(
            "what Helm would remove",
            remedy: "See what is said of the release's files."
        ) { lost in
            guard !lost.isEmpty else { return .pass("The set's release has everything that holds data here.") }
            let namespace = cluster.namespace
            let commands = lost.map {
                "`kubectl annotate -n \(namespace) \($0) helm.sh/resource-policy=keep`"
            }
            return .fail(
                "The set's release does not have \(ListText.code(lost)): Helm would remove what holds data that the restore "
                    + "only sets aside.",
                remedy: "Tell Helm to keep it: \(commands.joined(separator: ", "))."
            )
        }
    }

    private static func others(_ cluster: RestoreObservation.Cluster) -> Verdict {
        cluster.gitOps.judged(
            "whether a controller owns the release",
            remedy: "See that Pawl may read them: `kubectl get applications,helmreleases -n \(cluster.namespace)`."
        ) { owners in
            owners.isEmpty
                ? .pass("No controller puts back what the restore changes.")
                : .fail(
                    "\(ListText.and(owners)) would start the stopped workloads again, and undo the restore.",
                    remedy: "Suspend it first: `argocd app set NAME --sync-policy none`, or `flux suspend helmrelease "
                        + "NAME`. Afterwards write the restored chart version where it reads from before it goes on."
                )
        }
    }

    private static func rights(_ cluster: RestoreObservation.Cluster) -> Verdict {
        cluster.missingRights.judged(
            "what Pawl's account may do",
            remedy: "See what `kubectl auth can-i --list -n \(cluster.namespace)` says."
        ) { missing in
            let rules = cluster.roleSnippet.isEmpty ? "." : ":\n\(cluster.roleSnippet)"
            return missing.isEmpty
                ? .pass("Pawl's account may do everything that a restore does.")
                : .fail(
                    "Pawl's account may not: \(ListText.and(missing)).",
                    remedy: "Add what is missing to the Role that the account is bound to, `kubectl edit role -n "
                        + "\(cluster.namespace)`\(rules)"
                )
        }
    }
}
