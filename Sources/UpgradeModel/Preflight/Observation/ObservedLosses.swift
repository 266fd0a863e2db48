/// A volume that nobody named, in a container that a hop makes anew: the new container comes up without it.
package struct UnnamedVolume: Sendable, Hashable {
    /// The service.
    package let service: String
    /// The image of its container, as it was asked for.
    package let image: String
    /// Where the container has it.
    package let destination: String
    /// The Engine's name for it.
    package let volume: String

    /// Describes a volume.
    package init(service: String, image: String, destination: String, volume: String) {
        self.service = service
        self.image = image
        self.destination = destination
        self.volume = volume
    }

    /// Whether what it holds may well be made anew by whoever needs it: names of caches, and folders for what passes.
    package var mayBeScratch: Bool {
        let name = (image.split(separator: "/").last ?? "") + " " + service
        return ["cache", "redis", "valkey", "varnish"].contains { name.contains($0) }
            || ["/tmp", "/var/tmp", "/run", "/var/run", "/var/cache", "/var/log", "/cache"].contains { folder in
                destination == folder || destination.hasPrefix(folder + "/")
            }
    }
}

/// A container of the project whose service is in no file that Pawl goes by.
package struct UnknownService: Sendable, Hashable {
    /// The service.
    package let service: String
    /// The container's name.
    package let container: String
    /// Whether it is at work.
    package let isActive: Bool

    /// Names a container.
    package init(service: String, container: String, isActive: Bool) {
        self.service = service
        self.container = container
        self.isActive = isActive
    }
}

/// Something in the installation's folder that has a name which Pawl needs, and cannot give way.
package struct Obstacle: Sendable, Hashable {
    /// What it is.
    package enum Kind: Sendable, Hashable {
        /// Neither a file nor a link, where a link is to be.
        case takesLink
        /// Not a folder, where the folder of the releases is to be.
        case takesFolder
        /// A mount point, which cannot be renamed, and holds something else than what is to be put there.
        case isMounted
    }

    /// Its absolute path.
    package let path: String
    /// What it is.
    package let kind: Kind

    /// Names a path.
    package init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }

    var verdict: Verdict {
        switch kind {
        case .takesLink:
            .fail(
                "`\(path)` is in the way of a link that Pawl must make.",
                remedy: "Move `\(path)` away; if containers use it, under the name that they are told."
            )
        case .takesFolder:
            .fail(
                "`\(path)` is in the way of the folder that releases are kept in.",
                remedy: "Move `\(path)` away."
            )
        case .isMounted:
            .fail(
                "`\(path)` is a mount point and holds something else than the set: it cannot be replaced.",
                remedy: "Unmount it for the restore (`umount \(path)`), or give it what the set has yourself."
            )
        }
    }
}
