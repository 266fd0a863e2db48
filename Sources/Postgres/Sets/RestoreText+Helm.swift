import UpgradeModel

/// What is different in `RESTORE.md` where the set is of a Helm release.
struct HelmRestoreText {
    private let release: String
    private let namespace: String
    private let chart: String
    private let writers: [String]
    private let manifest: BackupManifest

    /// Nil where the set is of something else.
    init?(_ manifest: BackupManifest) {
        let notes = manifest.origin.notes
        guard let release = notes[HelmNotes.release], let namespace = notes[HelmNotes.namespace],
            let chart = notes[HelmNotes.chart]
        else { return nil }
        self.release = release
        self.namespace = namespace
        self.chart = chart
        writers = (notes[HelmNotes.writers] ?? "").split(separator: " ").map(String.init)
        self.manifest = manifest
    }

    /// What is needed besides.
    var tools: String { "`kubectl` and `helm` (3.13 or newer) for the cluster, and " }

    private var kubectl: String { "kubectl -n \(RestoreText.quoted(namespace))" }

    /// The files of the release that Helm is given, the last one for the operator's word.
    private var values: [String] {
        ["values.yaml", "operator-values.yaml"].filter { name in manifest.files.contains { $0.isOfRelease(name) } }
    }

    /// How keys, values and the chart are unpacked.
    func placing(_ opening: String) -> [String] {
        var lines = [
            "## 2. Configuration, keys and the chart", "",
            "Unpack them into a folder of your own. `keys.env` has the keys without which the data is of no use; `values/` the"
                + " operator's own files of values, where there were any.", "", "```sh", "mkdir -p -m 700 restored",
        ]
        if let configuration = manifest.files.first(where: { $0.path.hasPrefix(SetLayout.configurationName) }) {
            lines.append(
                "\(opening) < \(RestoreText.quoted(configuration.path)) | zstd -dc | tar -x -p -f - -C restored"
            )
        }
        for name in [chart] + values {
            let path = "release/\(name)"
            if manifest.files.contains(where: { $0.path == "\(path).age" }) {
                let (source, target) = (RestoreText.quoted("\(path).age"), RestoreText.quoted("restored/\(name)"))
                lines.append("(umask 077; \(opening) < \(source) > \(target))")
            } else {
                lines.append("cp -p \(RestoreText.quoted(path)) restored/")
            }
        }
        return lines + [
            "```", "",
            "The Secrets of the namespace that hold these keys must have the values of `keys.env` before the application"
                + " starts: `\(kubectl) get secrets`. `release/manifest.yaml` is what the chart came to.",
            "",
        ]
    }

    /// How everything that writes is stopped.
    func server() -> [String] {
        var lines = [
            "## 3. Stop what writes", "",
            "Nothing of the release may run that uses the databases before the data is back. Stop a GitOps controller first, if"
                + " one looks after the release. An autoscaler leaves a workload alone that has no pods.",
        ]
        if writers.isEmpty {
            lines += ["", "`\(kubectl) get deployments,statefulsets` shows what there is."]
        } else {
            lines += [
                "", "```sh",
                "\(kubectl) scale --replicas=0 \(writers.map { RestoreText.quoted($0) }.joined(separator: " "))",
                "\(kubectl) get pods", "```",
            ]
        }
        return lines + [
            "",
            "Wait until their pods are gone. `PGHOST`, `PGPORT`, `PGUSER` and `PGPASSWORD` say which database server, as a"
                + " superuser: `until pg_isready; do sleep 1; done`. A server in the cluster is reached by `\(kubectl)"
                + " port-forward service/NAME 5432`, with PGHOST=127.0.0.1, in another shell.",
            "",
        ]
    }

    /// How the chart that matches is deployed.
    func starting(number: Int) -> [String] {
        let files = ([chart] + values).map { RestoreText.quoted("restored/\($0)") }
        let arguments = files.dropFirst().map { " -f \($0)" }.joined()
        return [
            "## \(number). Deploy the release that matches", "",
            "With the chart and the values of the set, never by `helm rollback`. The migrations start with the pods and find"
                + " their work done. Do not deploy a newer release before the data has been checked.", "", "```sh",
            "helm upgrade --install \(RestoreText.quoted(release)) \(files.first ?? "") -n \(RestoreText.quoted(namespace))"
                + "\(arguments) --reset-values",
            "\(kubectl) get pods", "```", "",
            "Workloads whose number of pods the chart leaves to an autoscaler stay without any: start them with"
                + " `\(kubectl) scale --replicas=1 deployment/NAME`, and the autoscaler takes over.",
            "",
            "If Pawl is used again on this installation, run \(RestoredOutside.command("\(manifest.id)")) before anything"
                + " else: until then it takes the databases for those of the newest release that it has deployed here.",
            "",
        ]
    }
}
