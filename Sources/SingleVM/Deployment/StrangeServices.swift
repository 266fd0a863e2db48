package import UpgradeModel

extension InstalledState {
    /// What runs, or could be started again, that is not of a release.
    ///
    /// Only services that tell a version are looked at, and all of their containers: a stopped one of another release
    /// comes up with the next start of the machine.
    ///
    /// - Parameters:
    ///   - version: the release.
    ///   - images: its images' ids, by the names that its Compose file uses.
    /// - Returns: one clause each; none where every such service is of the release and at least one runs.
    package func strangers(to version: ReleaseVersion, images: [String: String]) -> [String] {
        let telling = services.filter(\.tellsVersion)
        guard telling.contains(where: \.isActive) else { return ["no service of the installation runs"] }
        let ids = Set(images.values)
        return telling.flatMap { service -> [String] in
            guard service.version == version else {
                return ["\(service.name) is of \(service.versionText ?? "a release that it does not tell")"]
            }
            return service.containers.filter { container in
                // A name that the release does not use may still stand for an image of its own.
                images[container.imageReference].map { $0 != container.imageID } ?? !ids.contains(container.imageID)
            }.map { "\(service.name) (\($0.name)) has another image named \($0.imageReference)" }
        }
    }
}
