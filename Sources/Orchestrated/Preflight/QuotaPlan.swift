import Kubernetes

/// What a namespace's quota says to pods that come in the place of others.
enum QuotaPlan {
    /// What exceeds a quota once the pods that go are gone and those that come are there; one clause each.
    ///
    /// - Parameters:
    ///   - quotas: the namespace's.
    ///   - going: the pods that are stopped before.
    ///   - coming: the pods that the release has.
    /// - Returns: the clauses.
    static func excess(_ quotas: [ResourceQuota], going: [PodGroup], coming: [PodGroup]) -> [String] {
        let change = use(coming) - use(going)
        return quotas.flatMap { quota -> [String] in
            // Quotas with a scope count some of the pods only.
            guard quota.json[path: ["spec", "scopes"]] == nil, quota.json[path: ["spec", "scopeSelector"]] == nil else {
                return []
            }
            return quota.hard.sorted { $0.key < $1.key }.compactMap { name, limit -> String? in
                guard let limit = Quantity(limit), let more = change[name], more > .zero else { return nil }
                let used = quota.used[name].flatMap { Quantity($0) } ?? .zero
                guard used + more > limit else { return nil }
                return "the quota `\(quota.metadata.name)` allows \(limit.text) of `\(name)`, \(used.text) are used, "
                    + "and the release needs \(more.text) more"
            }
        }
    }

    private static func use(_ groups: [PodGroup]) -> Quantities {
        groups.reduce([:]) { sum, group in
            var own: Quantities = ["pods": Quantity(thousandths: 1000), "count/pods": Quantity(thousandths: 1000)]
            for (name, amount) in group.needs.requests {
                own["requests.\(name)"] = amount
                if name == "cpu" || name == "memory" { own[name] = amount }
            }
            for (name, amount) in group.needs.limits { own["limits.\(name)"] = amount }
            return sum + own.times(group.count)
        }
    }
}
