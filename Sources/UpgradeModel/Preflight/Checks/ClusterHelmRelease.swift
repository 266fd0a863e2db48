extension Check {
    /// The Helm release is there, of the product's chart, and nobody is at work on it.
    static let helmRelease = helmRelease(inPlaceOfFailed: false)

    /// The same for a release that takes the place of one that failed: what its own `helm upgrade` has left is no
    /// obstacle, the deploy takes it up.
    static let replacementHelmRelease = helmRelease(inPlaceOfFailed: true)

    private static func helmRelease(inPlaceOfFailed: Bool) -> Check {
        Check("helm-release", "Helm release can be upgraded", needs: .services) { observation in
            ofCluster(
                observation,
                \.release,
                "how the Helm release is",
                remedy: { "See that Pawl may read Secrets: `helm history \($0.releaseName) -n \($0.namespace)`." }
            ) { record, cluster in
                guard let record else {
                    return missing(cluster)
                }
                if let chart = observation.product.orchestrated?.chart, chart != record.chart {
                    return .fail(
                        "The Helm release `\(record.name)` is of the chart `\(record.chart)`; the product's chart is "
                            + "`\(chart)`.",
                        remedy: "Name the right release as `deployment.orchestrated.release` in pawl.yaml: `helm list "
                            + "-n \(record.namespace)`."
                    )
                }
                return judge(record, inPlaceOfFailed: inPlaceOfFailed)
            }
        }
    }

    private static func missing(_ cluster: ObservedCluster) -> Verdict {
        .fail(
            "There is no Helm release `\(cluster.releaseName)` in the namespace `\(cluster.namespace)`.",
            remedy: "Name the right one in pawl.yaml, under `deployment.orchestrated`: `helm list --all-namespaces`. "
                + "Pawl upgrades what is installed, and installs nothing."
        )
    }

    private static func judge(_ record: ObservedHelmRelease, inPlaceOfFailed: Bool) -> Verdict {
        let history = "`helm history \(record.name) -n \(record.namespace)`"
        switch record.status {
        case "deployed":
            return .pass(
                "Revision \(record.revision) of `\(record.name)` is deployed, from "
                    + "\(record.chart)-\(record.chartVersion)."
            )
        case "pending-install", "pending-upgrade", "pending-rollback":
            return pending(record, inPlaceOfFailed: inPlaceOfFailed)
        case "failed", "superseded":
            return .warn(
                "Revision \(record.revision), the newest of `\(record.name)`, is `\(record.status)`\(told(record)).",
                remedy: "Look at \(history): what runs may be half of that revision. Pawl goes forward from it all "
                    + "the same."
            )
        case "uninstalled", "uninstalling":
            return .fail(
                "The Helm release `\(record.name)` is `\(record.status)`\(told(record)).",
                remedy: "Look at \(history). Install it again with the chart and the values that it had, then restore "
                    + "its databases where they are gone; Pawl upgrades what is installed."
            )
        default:
            return .error(
                "Pawl could not find out how the Helm release `\(record.name)` is: its newest record says "
                    + "`\(record.status)`.",
                remedy: "Look at \(history)."
            )
        }
    }

    /// A record that a client has begun and not ended. Who it was Helm does not write down; its description may.
    private static func pending(_ record: ObservedHelmRelease, inPlaceOfFailed: Bool) -> Verdict {
        let what =
            "Revision \(record.revision) of `\(record.name)` is `\(record.status)`\(told(record)): a `helm` is at "
            + "work on it, or was ended in the middle."
        if inPlaceOfFailed {
            return .warn(
                what,
                remedy: "Where it was Pawl's own `helm`, and that is certainly dead, Pawl unlocks the release and "
                    + "goes forward. It unlocks nothing while another client may be alive: the deploy ends there, and "
                    + "says so."
            )
        }
        return .fail(
            what,
            remedy: "Wait until it has ended. Pawl unlocks such a record only where no client may be alive: where its "
                + "own `helm` has left it. If it was another one, see that no person, pipeline or controller is still "
                + "at it, remove the record, `kubectl delete secret "
                + "sh.helm.release.v1.\(record.name).v\(record.revision) -n \(record.namespace)`, and run the checks "
                + "again: what it had changed by then shows as drift."
        )
    }

    /// Since when, and what the client has said.
    private static func told(_ record: ObservedHelmRelease) -> String {
        var words = record.updatedAt.map { ["since \($0)"] } ?? []
        if !record.description.isEmpty {
            words.append("in its own words “\(record.description)”")
        }
        return words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"
    }
}
