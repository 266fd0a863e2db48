/// What stands and runs before a hop.
package struct ObservedInstallation: Sendable {
    /// The release that really runs.
    package var running: Fact<RunningRelease>
    /// What the catalog says of that release.
    package var standing: Fact<CatalogStanding>
    /// The newest release whose migrations have started here; nil where none has.
    package var highWaterMark: Fact<ReleaseVersion?>
    /// The installed release's own files, which a restore would need.
    package var files: Fact<InstalledFiles>
    /// Containers that a hop removes and that nothing could bring back.
    package var unknownServices: Fact<[UnknownService]>
    /// Volumes with data that containers have which a hop makes anew.
    package var unnamedVolumes: Fact<[UnnamedVolume]>
    /// What has a name in the installation's folder that Pawl needs.
    package var obstacles: [Obstacle]
    /// The project's containers.
    package var containers: Fact<[ObservedContainer]>
    /// The addresses of the project's containers on their networks: sessions from there are the product's own.
    package var addresses: Set<String>
    /// Tools that are at work on the project: calls of Compose, containers of `run`.
    package var tools: Fact<[ObservedTool]>
    /// Another run of this installation that has not ended; nil where there is none.
    package var otherRun: Fact<ActiveRun?>
    /// The settings.
    package var settings: Fact<SettingsResolution>
    /// The product's keys that have no value in the installation's environment, by name.
    package var missingKeys: Fact<[String]>
    /// Files and folders of the configuration that cannot be backed up.
    package var configuration: Fact<[ConfigurationTrouble]>
    /// The customer package's version; nil where the environment has none.
    package var packageVersion: Fact<ReleaseVersion?>

    /// Puts the facts together.
    package init(
        running: Fact<RunningRelease>,
        standing: Fact<CatalogStanding>,
        highWaterMark: Fact<ReleaseVersion?>,
        files: Fact<InstalledFiles>,
        unknownServices: Fact<[UnknownService]>,
        unnamedVolumes: Fact<[UnnamedVolume]>,
        obstacles: [Obstacle],
        containers: Fact<[ObservedContainer]>,
        addresses: Set<String>,
        tools: Fact<[ObservedTool]>,
        otherRun: Fact<ActiveRun?>,
        settings: Fact<SettingsResolution>,
        missingKeys: Fact<[String]>,
        configuration: Fact<[ConfigurationTrouble]>,
        packageVersion: Fact<ReleaseVersion?>
    ) {
        self.running = running
        self.standing = standing
        self.highWaterMark = highWaterMark
        self.files = files
        self.unknownServices = unknownServices
        self.unnamedVolumes = unnamedVolumes
        self.obstacles = obstacles
        self.containers = containers
        self.addresses = addresses
        self.tools = tools
        self.otherRun = otherRun
        self.settings = settings
        self.missingKeys = missingKeys
        self.configuration = configuration
        self.packageVersion = packageVersion
    }
}

/// The release that really runs, told by its containers.
package struct RunningRelease: Sendable, Hashable {
    /// The release that the installation's files say.
    package let version: ReleaseVersion
    /// The services that run something else.
    package let drift: [DriftedService]

    /// Makes a release.
    package init(version: ReleaseVersion, drift: [DriftedService] = []) {
        self.version = version
        self.drift = drift
    }
}

/// A service that runs something else than the installed release.
package struct DriftedService: Sendable, Hashable {
    /// The service.
    package let name: String
    /// The release that it runs; nil where that cannot be told.
    package let version: ReleaseVersion?
    /// Whether it says the installed release, but its image is another one than that was deployed with.
    package let isOtherImage: Bool

    /// Makes a service.
    package init(name: String, version: ReleaseVersion?, isOtherImage: Bool = false) {
        self.name = name
        self.version = version
        self.isOtherImage = isOtherImage
    }
}

/// What the catalog says of the installed release.
package enum CatalogStanding: Sendable, Hashable {
    /// It offers it.
    case offered(Release)
    /// It has it, but its entry is not to be trusted, and why.
    case quarantined(reason: String)
    /// It does not have it.
    case unknown
}

/// The installed release's own files.
package struct InstalledFiles: Sendable, Hashable {
    /// Files that a restore would need and that are not there, or not those of this release; one clause each.
    package let troubles: [String]
    /// Images of the release that the Engine no longer has under their ids, by name.
    package let lostImages: [String]

    /// Makes an account of the files; both lists are empty where all is well.
    package init(troubles: [String] = [], lostImages: [String] = []) {
        self.troubles = troubles
        self.lostImages = lostImages
    }
}

/// A container of the project.
package struct ObservedContainer: Sendable, Hashable {
    /// What a container is doing, as the Engine says.
    package enum State: Sendable, Hashable {
        /// It runs and its health check, where it has one, is content.
        case healthy
        /// It runs and its health check has not spoken yet.
        case starting
        /// It runs and its health check is not content.
        case unhealthy
        /// It keeps ending and being started.
        case restarting
        /// Somebody paused it.
        case paused
        /// It ended, with this exit code.
        case exited(Int)
        /// It was made and never started.
        case created
        /// The Engine gave it up.
        case dead
    }

    /// The service.
    package let service: String
    /// What it is doing.
    package let state: State
    /// Whether it is meant to end, as a migration is.
    package let isOneShot: Bool

    /// Makes a container.
    package init(service: String, state: State, isOneShot: Bool = false) {
        self.service = service
        self.state = state
        self.isOneShot = isOneShot
    }
}

/// A run that has not ended.
package struct ActiveRun: Sendable, Hashable {
    /// The run's identifier; nil where only a tool of a dead runner is seen.
    package let id: String?
    /// Who started it; nil where nobody knows.
    package let startedBy: String?
    /// When it was started, as text for people; nil where nobody knows.
    package let since: String?

    /// Makes a run.
    package init(id: String?, startedBy: String? = nil, since: String? = nil) {
        self.id = id
        self.startedBy = startedBy
        self.since = since
    }
}

/// A file or folder of the configuration that cannot be backed up.
package struct ConfigurationTrouble: Sendable, Hashable {
    /// The path as the product has it.
    package let path: String
    /// One clause that says why, such as "it is missing".
    package let reason: String

    /// Makes a trouble.
    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}
