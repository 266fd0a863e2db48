package import UpgradeModel

/// What a hop would lose without a word, since it removes containers and makes them anew.
extension ComposeDeployment {
    /// The containers whose services are not in a Compose file with the operator's additions, database servers apart:
    /// nothing could make them anew.
    package func unknownServices(to file: ResolvedComposeFile) async throws(Trouble) -> [UnknownService] {
        try await writers().filter { file[$0.service] == nil }.map {
            UnknownService(service: $0.service, container: $0.name, isActive: $0.isActive)
        }
    }

    /// The volumes with data in containers of services that a Compose file does not name. Compose hands them on where it
    /// makes a container anew from one that is there, but a hop removes the old one before.
    package func unnamedVolumes(in file: ResolvedComposeFile) async throws(Trouble) -> [UnnamedVolume] {
        var volumes: [UnnamedVolume] = []
        for container in try await writers() where !product.isMigration(container.service) {
            for mount in container.mounts where mount.kind == "volume" && Self.isAnonymous(mount.name) {
                let own = file[container.service]?.mounts.first { $0.destination == mount.destination }
                // An operator may have given its name to the file since.
                if own?.volume == mount.name { continue }
                // What cannot be looked at is taken to hold something.
                if (try? await engine.isEmpty(mount.destination, in: container.id)) == true { continue }
                volumes.append(
                    UnnamedVolume(
                        service: container.service,
                        image: container.imageReference,
                        destination: mount.destination,
                        volume: mount.name
                    )
                )
            }
        }
        return volumes
    }
}

/// What a restore would lose: it goes by the set's release with the additions that the set holds, and no others.
extension ComposeDeployment {
    /// The containers whose services are neither in the set's release nor in the installed one, which gives way to it.
    /// Where the installed release's file cannot be read, whatever the set's lacks is told.
    ///
    /// - Parameters:
    ///   - release: the set's release.
    ///   - configuration: the folder with the set's configuration.
    /// - Returns: one for each container.
    /// - Throws: blame `release`, code `compose-file`, where Compose refuses the set's file.
    package func servicesLost(
        to release: ReleaseFolder,
        in configuration: String
    ) async throws(Trouble) -> [UnknownService] {
        let lacking = try await unknownServices(to: composeFile(of: release, in: configuration))
        // The operator's own additions do not count: what the set has not got of them is gone afterwards.
        let installed = try? await composeFile(of: ReleaseFolder(path: folder.path), in: configuration)
        return lacking.filter { installed?[$0.service] == nil }
    }

    /// The volumes that no file names any more, see ``unnamedVolumes(in:)``.
    package func volumesLost(
        to release: ReleaseFolder,
        in configuration: String
    ) async throws(Trouble) -> [UnnamedVolume] {
        try await unnamedVolumes(in: composeFile(of: release, in: configuration))
    }
}

extension InstallationFolder {
    /// What stands where a hop or a restore makes links and folders, and would not give way to them.
    package var obstacles: [Obstacle] {
        let links = [currentLink, composeFile, environmentFile].filter { path in
            switch DurableFiles.kind(path) {
            case .nothing, .link: false
            case .file: path == currentLink
            case .folder, .other: true
            }
        }
        let isFree = [.nothing, .folder].contains(DurableFiles.kind(releases))
        return links.map { Obstacle(path: $0, kind: .takesLink) }
            + (isFree ? [] : [Obstacle(path: releases, kind: .takesFolder)])
    }
}
