/// What an application stands on: checks that both have say what to do in the words of each.
enum Ground: Sendable {
    /// Docker Compose.
    case singleVM
    /// Kubernetes and Helm, an embedded cluster's too.
    case cluster

    /// Where the operator gives variables their values.
    var variables: String {
        switch self {
        case .singleVM: "the installation's environment file"
        case .cluster: "the operator's values, or in the Secret that the Product file names"
        }
    }

    /// What must be readable for variables to be known.
    var readable: String {
        switch self {
        case .singleVM: "the installation's environment file"
        case .cluster: "the release's record and Secrets"
        }
    }
}

extension Check {
    /// Judges one fact of the cluster; where the cluster itself is not known, its reason is the fact's.
    ///
    /// - Parameters:
    ///   - observation: what was observed.
    ///   - fact: the fact.
    ///   - what: what was to be found out, as the object of "Pawl could not find out …".
    ///   - remedy: what the operator can do so that it can be found out.
    ///   - judge: what to say of the value.
    /// - Returns: what is to be said of the fact.
    static func ofCluster<Value: Sendable>(
        _ observation: Observation,
        _ fact: KeyPath<ObservedCluster, Fact<Value>>,
        _ what: String,
        remedy: (ObservedCluster) -> String,
        by judge: (Value, ObservedCluster) -> Verdict
    ) -> Verdict {
        switch observation.cluster {
        case .known(let cluster):
            cluster[keyPath: fact].judged(what, remedy: remedy(cluster)) { judge($0, cluster) }
        case .unknown(let reason):
            .error(
                "Pawl could not find out \(what): \(reason).",
                remedy: "Look at the finding “The cluster answers”."
            )
        }
    }

    /// One verdict over a list of clauses, of which there should be none.
    ///
    /// - Parameters:
    ///   - clauses: what was found.
    ///   - none: what to say where nothing was, as a pass.
    ///   - some: what to say of the clauses, joined.
    /// - Returns: the common verdict.
    static func noneOf(_ clauses: [String], pass none: String, otherwise some: (String) -> Verdict) -> Verdict {
        clauses.isEmpty ? .pass(none) : some(ListText.and(clauses))
    }
}
