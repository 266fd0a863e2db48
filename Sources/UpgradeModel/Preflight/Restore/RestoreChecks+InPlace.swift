/// What is asked where somebody has restored a set outside of any run.
extension RestoreChecks {
    /// The most differences that are named.
    private static let most = 5

    static func inPlace(
        _ observation: RestoreObservation,
        _ inPlace: RestoreObservation.InPlace
    ) -> [Judged] {
        [
            ("restore-origin", "The backup set is this installation's", origin(observation)),
            ("restore-running", "What runs is the set's release", running(observation, inPlace)),
            (
                "restore-installed",
                observation.cluster == nil
                    ? "The installation's files are of that release" : "Helm's record is of that release",
                installed(observation, inPlace)
            ),
            ("restore-others", "Nothing else is at work", others(observation)),
            ("restore-schema", "The databases are as the set has them", schema(observation, inPlace)),
            ("restore-rows", "No table has fewer rows than in the set", rows(observation, inPlace)),
            ("restore-extra", "What the set lacks is known", lacking(observation)),
        ]
    }

    private static func running(
        _ observation: RestoreObservation,
        _ inPlace: RestoreObservation.InPlace
    ) -> Verdict {
        let (set, release) = (observation.plan.set, observation.plan.release)
        let look =
            observation.cluster.map { "See what `kubectl get pods -n \($0.namespace)` says." }
            ?? "See that the Docker Engine answers (`docker ps`)."
        let images = observation.cluster == nil ? ", with the images that \(set) names" : ""
        let start =
            observation.cluster.map { "Deploy \(release) as \($0.releaseName), with the chart and values" }
            ?? "Start \(release), whose files are"
        return inPlace.strangers.judged("what runs", remedy: look) { strangers in
            strangers.isEmpty
                ? .pass("Release \(release) runs\(images).")
                : .fail(
                    "What runs is not release \(release) as \(set) has it: \(first(strangers)).",
                    remedy: "Nothing was changed. \(start) in the set's folder `release`, and nothing else of the "
                        + "installation; then run this again."
                )
        }
    }

    /// The next backup and the next upgrade go by these files.
    private static func installed(
        _ observation: RestoreObservation,
        _ inPlace: RestoreObservation.InPlace
    ) -> Verdict {
        if let cluster = observation.cluster { return deployed(observation, inPlace, cluster) }
        return inPlace.contradictions.judged(
            "whether the installation's own files are of \(observation.plan.release)",
            remedy: "See that Pawl may read docker-compose.yml and .env in the installation's folder."
        ) { contradictions in
            contradictions.isEmpty
                ? .pass("The installation's docker-compose.yml is that of what runs.")
                : .fail(
                    "The installation's docker-compose.yml is of another release than what runs: \(first(contradictions)).",
                    remedy:
                        "Nothing was changed. Put docker-compose.yml and .env out of the set's folder `release` in place "
                        + "(`cp --remove-destination`, since they may be links), with what .env has to say of the databases "
                        + "now; then run this again."
                )
        }
    }

    /// The next backup and the next upgrade go by Helm's record.
    private static func deployed(
        _ observation: RestoreObservation,
        _ inPlace: RestoreObservation.InPlace,
        _ cluster: RestoreObservation.Cluster
    ) -> Verdict {
        let (release, name) = (observation.plan.release, cluster.releaseName)
        return inPlace.contradictions.judged(
            "what Helm has on record of \(name)",
            remedy: "See what `helm history \(name) -n \(cluster.namespace)` says."
        ) { contradictions in
            contradictions.isEmpty
                ? .pass("Helm's record of \(name) is of \(release).")
                : .fail(
                    "Helm's record of \(name) is of another release than what runs: \(first(contradictions)).",
                    remedy: "Nothing was changed. Deploy the set's chart with the set's values, as RESTORE.md in the "
                        + "set says, never by `helm rollback`; then run this again."
                )
        }
    }

    private static func schema(
        _ observation: RestoreObservation,
        _ inPlace: RestoreObservation.InPlace
    ) -> Verdict {
        let set = observation.plan.set
        let verdicts = inPlace.databases.map { database in
            database.differences.judged(
                "what `\(database.name)` holds",
                remedy: "Start its server, or correct `databases.\(database.name)` in pawl.yaml."
            ) { differences in
                differences.isEmpty
                    ? .pass("`\(database.name)` has every object as \(set) has it; what is in rows is not compared.")
                    : .fail(
                        "`\(database.name)` is not as \(set) has it: \(first(differences.map(RecordedSchema.text))).",
                        remedy: "Nothing was changed. See that `databases.\(database.name)` in pawl.yaml, and the "
                            + "installation's environment, name the database that you restored, and that no migration was "
                            + "run on it; otherwise restore it again."
                    )
            }
        }
        return .all(verdicts, none: .error("\(set) holds no database.", remedy: "Use another set."))
    }

    /// The first few, and how many there are.
    static func first(_ clauses: [String]) -> String {
        clauses.count > most
            ? clauses.prefix(most).joined(separator: "; ")
                + "; and \(clauses.count - most) more (\(clauses.count) in all)"
            : clauses.joined(separator: "; ")
    }
}
