extension Check {
    /// The application is well now: an upgrade is no cure.
    static let containersHealthy = Check("containers-healthy", "Containers are healthy now", needs: .services) {
        observation in
        observation.installation.containers.judged(
            "how the containers are",
            remedy: "See that the Docker Engine answers: `docker ps`."
        ) { containers in
            let databases = observation.product.singleVM?.databaseServices ?? []
            let lasting = containers.filter { !$0.isOneShot }
            guard !lasting.isEmpty else {
                return .fail(
                    "None of the installation's containers is there.",
                    remedy: "Start the installation, and see that `deployment.singleVM` in pawl.yaml names its "
                        + "directory and project."
                )
            }
            let verdicts = lasting.compactMap { judge($0, isDatabase: databases.contains($0.service)) }
            return .all(verdicts, none: .pass("All \(lasting.count) containers are well."))
        }
    }

    private static func judge(_ container: ObservedContainer, isDatabase: Bool) -> Verdict? {
        let what: String
        switch container.state {
        case .healthy: return nil
        case .starting: what = "has not become healthy yet"
        case .unhealthy: what = "is unhealthy"
        case .restarting: what = "keeps restarting"
        case .paused: what = "is paused"
        case .exited(let code): what = "has ended with exit code \(code)"
        case .created: what = "was never started"
        case .dead: what = "is dead"
        }
        let message = "The service `\(container.service)` \(what)."
        let remedy = "Look at `docker compose logs \(container.service)`."
        if isDatabase, container.state != .starting {
            return .fail(message, remedy: remedy + " A database must be well before it is backed up.")
        }
        return .warn(message, remedy: remedy + " What is broken before an upgrade is mostly broken after it.")
    }
}
