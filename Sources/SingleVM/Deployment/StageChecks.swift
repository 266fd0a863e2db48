internal import Glibc
internal import UpgradeModel

extension ComposeDeployment {
    /// Refuses a Compose file that asks for what a release may not: images that are built, unpinned or pulled anew at
    /// every start; a database that loses its volume, its folder or its service; a migration that is not there.
    func check(
        _ file: ResolvedComposeFile,
        pins: [String: String],
        version: ReleaseVersion
    ) async throws(Trouble) {
        for service in file.services {
            if service.isBuilt { throw refused(version, "the service \(service.name) wants its image to be built") }
            guard let image = service.image else {
                throw refused(version, "the service \(service.name) names no image")
            }
            if let policy = service.pullPolicy, !["missing", "if_not_present", "never"].contains(policy) {
                throw refused(version, "the service \(service.name) has the pull policy \(policy)")
            }
            if pins[image] == nil, ImageReference(image).digest == nil, service.isNeeded(by: migrationServices) {
                throw refused(version, "the image \(image) is pinned neither by a digest nor by an id in release.yaml")
            }
        }
        for name in migrationServices where file[name] == nil {
            throw refused(version, "it has no service \(name), which the product needs for its migrations")
        }
        try await checkDatabases(file, version: version)
    }

    /// The databases' containers stay as they are; a file that means other volumes would lose the data at the next
    /// start by hand.
    private func checkDatabases(_ file: ResolvedComposeFile, version: ReleaseVersion) async throws(Trouble) {
        for container in try await serviceContainers() where product.isDatabase(container.service) {
            guard let service = file[container.service], service.scale > 0 else {
                throw refused(version, "the service \(container.service), which holds a database here, is gone from it")
            }
            for mount in container.mounts where mount.kind == "volume" {
                let wanted = service.mounts.first { $0.destination == mount.destination }
                // What stands there now without a name was made by the image; Compose carries it over by itself.
                guard let wanted, let volume = wanted.volume else {
                    if wanted == nil, Self.isAnonymous(mount.name) { continue }
                    throw refused(
                        version,
                        "\(container.service) would lose the volume \(mount.name) at \(mount.destination)"
                    )
                }
                if volume != mount.name {
                    throw refused(
                        version,
                        "\(container.service) would have the volume \(volume) at \(mount.destination) instead of \(mount.name)"
                    )
                }
            }
            try checkDataFolder(of: container, in: service, version)
        }
    }

    /// The folder of this machine that a database's data lies in, where it is no volume.
    private func checkDataFolder(
        of container: EngineContainer,
        in service: ResolvedComposeFile.Service,
        _ version: ReleaseVersion
    ) throws(Trouble) {
        guard let mount = container.dataMount, mount.kind == "bind" else { return }
        let wanted = service.mounts.first { $0.destination == mount.destination }
        if let source = wanted?.source, Self.isSame(source, mount.source) { return }
        let instead = wanted.map { $0.source ?? $0.volume ?? "a new volume" } ?? "nothing"
        throw refused(
            version,
            "\(container.service) would have \(instead) at \(mount.destination) instead of \(mount.source), which its "
                + "data is in"
        )
    }

    /// Whether two paths lead to the same place, however they are written.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        func real(_ path: String) -> String {
            guard let found = realpath(path, nil) else { return path }
            defer { free(found) }
            return String(cString: found)
        }
        return real(one) == real(other)
    }

    /// The Engine names volumes that nobody named with 64 hexadecimal digits.
    static func isAnonymous(_ volume: String) -> Bool {
        volume.utf8.count == 64 && volume.allSatisfy(\.isHexDigit)
    }

    private func refused(_ version: ReleaseVersion, _ why: String) -> Trouble {
        Trouble(
            .release,
            "compose-file-refused",
            "The Compose file of \(version) is refused: \(why).",
            remedy: "Tell the publisher of the release; nothing was changed."
        )
    }
}

extension ResolvedComposeFile.Service {
    /// Whether a container of the service will be made when the release is deployed.
    func isNeeded(by migrations: [String]) -> Bool { scale > 0 || migrations.contains(name) }
}
