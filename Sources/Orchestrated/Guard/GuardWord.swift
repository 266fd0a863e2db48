package import Kubernetes
package import UpgradeModel

/// What the guard lets through.
package struct GuardWord: Sendable, Hashable {
    /// The high-water mark: the newest release whose migrations have started here.
    package var mark: String
    /// The versions that may run, as charts write them.
    package var allowed: [String]
    /// Workloads of the release that say another version than its own, such as its database, with the one that they may
    /// have: `StatefulSet/shop-database=16.4`.
    package var others: [String]
    /// The run that has said so and is not over; nil where none is.
    package var run: String?

    /// Says it.
    package init(mark: String, allowed: [String], others: [String] = [], run: String? = nil) {
        self.mark = mark
        self.allowed = allowed
        self.others = others
        self.run = run
    }

    /// What a release has.
    ///
    /// - Parameters:
    ///   - release: its version.
    ///   - objects: what its chart comes to.
    ///   - helm: the Helm release.
    ///   - run: the run that deploys it.
    package init(of release: ReleaseVersion, _ objects: [ManifestObject], helm: String, run: RunID? = nil) {
        mark = release.description
        allowed = [release.description]
        others = []
        self.run = run.map { "\($0)" }
        for object in objects where !object.isHook {
            guard let workload = LiveWorkload(object.body, kind: object.kind, release: helm) else { continue }
            let text = workload.versionText ?? ""
            // The same version may be written in more than one way.
            if let version = try? ReleaseVersion(text), version == release {
                if !allowed.contains(text) { allowed.append(text) }
            } else {
                others.append("\(workload.kind.rawValue)/\(workload.name)=\(text)")
            }
        }
    }

    /// Reads the ConfigMap.
    package init(_ map: ConfigMap) {
        func lines(_ key: String) -> [String] {
            (map.data[key] ?? "").split(separator: "\n").map(String.init)
        }
        mark = map.data["mark"] ?? ""
        allowed = lines("allowed")
        others = lines("others")
        run = map.data["run"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The values of the ConfigMap. All of them are always said, so that a change of some leaves none of before.
    package var data: JSONValue {
        JSONValue([
            "mark": mark, "allowed": allowed.joined(separator: "\n"), "others": others.joined(separator: "\n"),
            "run": run ?? "",
        ])
    }
}
