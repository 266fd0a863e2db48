extension Check {
    /// The nodes have every image of the target, or can pull it.
    static let clusterImages = Check("cluster-images", "Images can be pulled", needs: .release) { observation in
        let version = observation.target.release.version
        return ofCluster(
            observation,
            \.images,
            "whether the images of \(version) can be pulled",
            remedy: { _ in "Look at the finding about the release's package." }
        ) { images, cluster in
            .all(
                missing(images, cluster) + unknown(images, cluster),
                none: .pass("The nodes have, or can pull, all \(images.count) images of \(version).")
            )
        }
    }

    private static func missing(_ images: [ObservedClusterImage], _ cluster: ObservedCluster) -> [Verdict] {
        images.compactMap { image in
            guard case .missing(let reason) = image.condition else { return nil }
            return .fail(
                "The image `\(image.reference)` cannot be pulled: \(reason).",
                remedy: "Push it to the registry, or name another registry or pull Secret in the operator's values: "
                    + "`helm get values \(cluster.releaseName) -n \(cluster.namespace)` shows them."
            )
        }
    }

    /// Those about which nothing can be known, together where the reason is the same: it mostly is.
    private static func unknown(_ images: [ObservedClusterImage], _ cluster: ObservedCluster) -> [Verdict] {
        var reasons: [String] = []
        var references: [String: [String]] = [:]
        for image in images {
            guard case .unknown(let reason) = image.condition else { continue }
            if references[reason] == nil { reasons.append(reason) }
            references[reason, default: []].append(image.reference)
        }
        return reasons.map { reason in
            .warn(
                "Whether the nodes can pull \(ListText.code(references[reason] ?? [])) cannot be known: \(reason).",
                remedy: "Try it before anything stops: `kubectl run pull-check --image=IMAGE -n \(cluster.namespace) "
                    + "--restart=Never`, then `kubectl describe pod pull-check -n \(cluster.namespace)` and `kubectl "
                    + "delete pod pull-check -n \(cluster.namespace)`."
            )
        }
    }
}
