extension Check {
    /// No container that is made anew has data in a volume without a name: it would come up empty.
    static let unnamedVolumes = Check("unnamed-volumes", "Data is in volumes with names", needs: .services) {
        observation in
        observation.installation.unnamedVolumes.judged(
            "whether containers keep data in volumes without names",
            remedy:
                "See that the Docker Engine answers (`docker ps`), and look at the finding about the installed files."
        ) { volumes in
            .all(volumes.map(judge), none: .pass("No container that is made anew has data in a volume without a name."))
        }
    }

    private static func judge(_ volume: UnnamedVolume) -> Verdict {
        let (service, place) = (volume.service, volume.destination)
        let message =
            "`\(service)` has data at `\(place)` in a volume that no Compose file names. An upgrade makes its container "
            + "anew, and `\(place)` is empty then."
        if volume.mayBeScratch {
            return .warn(
                message,
                remedy:
                    "Nothing need be done where `\(service)` makes anew what it needs there. Otherwise name the volume "
                    + "in docker-compose.override.yml."
            )
        }
        return .fail(
            message,
            remedy: "Name the volume in docker-compose.override.yml: `services: {\(service): {volumes: "
                + "[\"\(service)-kept:\(place)\"]}}, volumes: {\(service)-kept: {external: true, name: \(volume.volume)}}`; "
                + "then `docker-compose up -d \(service)`. Where nothing there is worth keeping, say instead "
                + "`services: {\(service): {tmpfs: [\(place)]}}`."
        )
    }
}
