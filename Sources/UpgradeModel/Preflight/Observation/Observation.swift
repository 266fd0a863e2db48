/// Everything that the checks of one hop look at, gathered before any of them speaks.
package struct Observation: Sendable {
    /// The product.
    package var product: Product
    /// When the facts were gathered, and by which Pawl.
    package var console: ObservedConsole
    /// The release that the hop leads to.
    package var target: ObservedTarget
    /// What stands and runs now.
    package var installation: ObservedInstallation
    /// The Docker Engine and Compose.
    package var runtime: ObservedRuntime
    /// The databases, one for each that the settings make necessary, in the product's order.
    package var databases: Fact<[ObservedDatabase]>
    /// PostgreSQL's own programs, every set that could be used.
    package var clientTools: Fact<[ClientTools]>
    /// Where backup sets go.
    package var backups: ObservedBackups
    /// What the hop needs on disk, and what there is.
    package var disk: Fact<DiskFacts>
    /// What is known about rehearsals of the target's migrations.
    package var rehearsal: Fact<ObservedRehearsal>
    /// How long a restore takes; nil where no set is proven yet.
    package var wayBack: Fact<WayBack?> = .known(nil)
    /// The cluster that it runs in.
    package var cluster: Fact<ObservedCluster> = .unknown("this is no cluster")

    /// Puts the facts together.
    package init(
        product: Product,
        console: ObservedConsole,
        target: ObservedTarget,
        installation: ObservedInstallation,
        runtime: ObservedRuntime,
        databases: Fact<[ObservedDatabase]>,
        clientTools: Fact<[ClientTools]>,
        backups: ObservedBackups,
        disk: Fact<DiskFacts>,
        rehearsal: Fact<ObservedRehearsal> = .known(ObservedRehearsal())
    ) {
        self.product = product
        self.console = console
        self.target = target
        self.installation = installation
        self.runtime = runtime
        self.databases = databases
        self.clientTools = clientTools
        self.backups = backups
        self.disk = disk
        self.rehearsal = rehearsal
    }
}

extension Observation {
    /// Nothing was looked at yet: every fact is unknown.
    package static func unseen(product: Product, console: ObservedConsole, release: Release) -> Observation {
        var observation = Observation(
            product: product,
            console: console,
            target: ObservedTarget(
                release: release,
                consoleMinimumIsPawls: false,
                package: .unseen,
                missingVariables: .unseen,
                images: .unseen,
                databaseImages: .unseen
            ),
            installation: ObservedInstallation(
                running: .unseen,
                standing: .unseen,
                highWaterMark: .unseen,
                files: .unseen,
                unknownServices: .unseen,
                unnamedVolumes: .unseen,
                obstacles: [],
                containers: .unseen,
                addresses: [],
                tools: .unseen,
                otherRun: .unseen,
                settings: .unseen,
                missingKeys: .unseen,
                configuration: .unseen,
                packageVersion: .unseen
            ),
            runtime: ObservedRuntime(engine: .unseen, compose: .unseen),
            databases: .unseen,
            clientTools: .unseen,
            backups: ObservedBackups(
                directory: "",
                folder: .unseen,
                place: .unseen,
                newest: .unseen,
                unprovenRecipients: .unseen
            ),
            disk: .unseen,
            rehearsal: .unseen
        )
        observation.wayBack = .unseen
        return observation
    }
}

extension Fact {
    /// What nobody has looked at yet.
    package static var unseen: Fact { .unknown("it was not looked at yet") }
}

/// Pawl itself, and its clock.
package struct ObservedConsole: Sendable {
    /// Pawl's own version.
    package var version: ReleaseVersion
    /// The time by this machine's clock.
    package var now: Moment
    /// When the newest record of this installation's journal was written; nil where it has none.
    package var lastRecord: Fact<Moment?>

    /// Puts the facts together.
    package init(version: ReleaseVersion, now: Moment, lastRecord: Fact<Moment?>) {
        self.version = version
        self.now = now
        self.lastRecord = lastRecord
    }

    /// Today's date in UTC by this machine's clock.
    package var today: Day { now.day }
}

/// The release that a hop leads to.
package struct ObservedTarget: Sendable {
    /// The release as the catalog has it.
    package var release: Release
    /// Whether the catalog's console minimums are meant for Pawl (`"console":"pawl"`).
    package var consoleMinimumIsPawls: Bool
    /// Its package: whether it was had, and is what the catalog says.
    package var package: Fact<PackageCondition>
    /// Variables that its files need and nothing gives a value, by name.
    package var missingVariables: Fact<[String]>
    /// The images that its services use.
    package var images: Fact<[ObservedImage]>
    /// The images of its services that hold databases, beside what runs now.
    package var databaseImages: Fact<[ObservedDatabaseImage]>

    /// Puts the facts together.
    package init(
        release: Release,
        consoleMinimumIsPawls: Bool,
        package: Fact<PackageCondition>,
        missingVariables: Fact<[String]>,
        images: Fact<[ObservedImage]>,
        databaseImages: Fact<[ObservedDatabaseImage]>
    ) {
        self.release = release
        self.consoleMinimumIsPawls = consoleMinimumIsPawls
        self.package = package
        self.missingVariables = missingVariables
        self.images = images
        self.databaseImages = databaseImages
    }
}

/// Whether a release's package is good.
package enum PackageCondition: Sendable, Hashable {
    /// It is what the catalog says; its size in bytes.
    case sound(bytes: Int64)
    /// It is not, and why.
    case refused(Trouble)
}

/// One image of a release, and where it can be had.
package struct ObservedImage: Sendable, Hashable {
    /// Where it was found.
    package enum Place: Sendable, Hashable {
        /// In the Engine already, under this id.
        case engine(id: String)
        /// In the release's package, under this id.
        case package(id: String)
        /// Nowhere.
        case nowhere
    }

    /// The name as the Compose file has it.
    package let name: String
    /// The id that the release pins; nil where it pins none.
    package let pinned: String?
    /// Where it was found.
    package let place: Place

    /// Makes an image.
    package init(name: String, pinned: String?, place: Place) {
        self.name = name
        self.pinned = pinned
        self.place = place
    }

    /// Whether the name itself says which image is meant.
    package var isNamedByDigest: Bool { name.contains("@sha256:") }
}

/// The image of a service that holds databases: what runs, and what the release brings.
package struct ObservedDatabaseImage: Sendable, Hashable {
    /// One of the two.
    package struct Image: Sendable, Hashable {
        /// Its name as containers and Compose files have it.
        package var name: String
        /// Its id; nil where it is not known.
        package var id: String?
        /// The major version of PostgreSQL in it; nil where it cannot be told.
        package var major: Int?

        /// Makes an image.
        package init(name: String, id: String?, major: Int?) {
            self.name = name
            self.id = id
            self.major = major
        }
    }

    /// The service.
    package var service: String
    /// What runs.
    package var running: Image
    /// What the release brings.
    package var target: Image

    /// Puts the two side by side.
    package init(service: String, running: Image, target: Image) {
        self.service = service
        self.running = running
        self.target = target
    }
}
