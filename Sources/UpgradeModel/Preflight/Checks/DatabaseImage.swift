extension Check {
    /// The target does not bring another major version of PostgreSQL for its own database containers.
    static let databaseImage = Check("database-image", "Same PostgreSQL in the release", needs: .release) {
        observation in
        let version = observation.target.release.version
        return observation.target.databaseImages.judged(
            "which PostgreSQL release \(version) brings",
            remedy: "Look at the finding about the release's package, and see that the Docker Engine answers."
        ) { images in
            .all(images.map { judge($0, version) }, none: .pass("Release \(version) brings no PostgreSQL of its own."))
        }
    }

    private static func judge(_ pair: ObservedDatabaseImage, _ version: ReleaseVersion) -> Verdict {
        if let id = pair.target.id, id == pair.running.id {
            return .pass("`\(pair.service)` has the same image in \(version).")
        }
        guard let running = pair.running.major, let target = pair.target.major else {
            let unclear = pair.running.major == nil ? pair.running : pair.target
            return .error(
                "Pawl could not find out whether \(version) brings another PostgreSQL for `\(pair.service)`: which one "
                    + "`\(unclear.name)` holds cannot be told.",
                remedy: "Try `docker run --rm --entrypoint postgres \(unclear.name) --version`. Whoever publishes the "
                    + "release can say it in the image: the variable `PG_MAJOR`."
            )
        }
        guard running == target else {
            return .fail(
                "`\(pair.service)` runs PostgreSQL \(running), and \(version) brings PostgreSQL \(target) for it, which "
                    + "cannot open the data folder of \(running).",
                remedy: "Move the database to PostgreSQL \(target) first: dump it with `pawl backup create`, start an "
                    + "empty server of version \(target) with a volume of its own, and restore into it as RESTORE.md in "
                    + "the set says. Ask whoever publishes the release whether it can stay on \(running)."
            )
        }
        return .pass("`\(pair.service)` stays on PostgreSQL \(running).")
    }
}
