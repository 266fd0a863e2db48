extension Check {
    /// Whatever runs in the project can be brought back: a hop removes every container but those of databases.
    static let unknownServices = Check("unknown-services", "Services are in Pawl's Compose files", needs: .services) {
        observation in
        observation.installation.unknownServices.judged(
            "which services the installation's Compose files have",
            remedy:
                "See that the Docker Engine answers (`docker ps`), and look at the finding about the installed files."
        ) { containers in
            .all(containers.map(judge), none: .pass("Every container is of a service that the Compose files have."))
        }
    }

    private static func judge(_ container: UnknownService) -> Verdict {
        let files = "docker-compose.yml and docker-compose.override.yml"
        guard container.isActive else {
            return .warn(
                "The container `\(container.container)` stands still, and `\(container.service)`, its service, is neither "
                    + "in docker-compose.yml nor in docker-compose.override.yml. An upgrade removes it.",
                remedy: "Nothing need be done where nobody needs it any more."
            )
        }
        return .fail(
            "The container `\(container.container)` runs, but `\(container.service)`, its service, is neither in "
                + "docker-compose.yml nor in docker-compose.override.yml. An upgrade would remove it, and neither the new "
                + "release nor an abort could start it again.",
            remedy: "Move the service to docker-compose.override.yml, or into a project of its own (`docker-compose -p "
                + "NAME`). Pawl and Compose are to go by the same files, \(files): further ones, also those in "
                + "`COMPOSE_FILE`, are not looked at."
        )
    }
}
