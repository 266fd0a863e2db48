/// One deployed application that Pawl looks after: everything of a `pawl.yaml`.
package struct Installation: Sendable, Hashable {
    /// The installation's own name.
    package let name: String
    /// Which product it is.
    package let product: ProductReference
    /// Where its releases come from.
    package let source: SourceReference
    /// How it runs.
    package let deployment: Deployment
    /// Settings that the installation itself does not say, by name.
    package let settings: [String: Bool]
    /// How to reach its databases, by name; a database that is missing here is derived from the Product.
    package let databases: [String: DatabaseAddress]
    /// Where and how backup sets are kept.
    package let backups: BackupSettings
    /// Whether runs rehearse migrations.
    package let rehearsal: RehearsalPolicy

    /// Makes an installation of its parts; see the properties for what each says.
    package init(
        name: String,
        product: ProductReference,
        source: SourceReference,
        deployment: Deployment,
        settings: [String: Bool] = [:],
        databases: [String: DatabaseAddress] = [:],
        backups: BackupSettings,
        rehearsal: RehearsalPolicy = .never
    ) {
        self.name = name
        self.product = product
        self.source = source
        self.deployment = deployment
        self.settings = settings
        self.databases = databases
        self.backups = backups
        self.rehearsal = rehearsal
    }
}

/// Whether runs try a release's migrations on a scratch copy before anything is stopped.
package enum RehearsalPolicy: String, Sendable, Hashable, CaseIterable {
    /// Only those that were asked to.
    case never
    /// Every one.
    case always
}

/// Which product an installation is.
package enum ProductReference: Sendable, Hashable {
    /// One that Pawl brings along, by name.
    case builtIn(String)
    /// One that a Product file describes; an absolute path.
    case file(String)
}

/// Where releases come from.
package struct SourceReference: Sendable, Hashable {
    /// The kinds of source.
    package enum Scheme: String, Sendable, Hashable, CaseIterable {
        /// A directory of this machine.
        case file
        /// A server that speaks HTTPS.
        case https
        /// An OCI registry.
        case oci
    }

    /// The kind of source.
    package let scheme: Scheme
    /// The address as it was written, such as `file:///srv/releases`.
    package let url: String
    /// The channel; nil where the source has only one.
    package let channel: String?

    /// Makes a reference.
    ///
    /// - Returns: nil where the address has none of the schemes, or nothing behind it; a `file` address must be
    ///   `file://` and an absolute path.
    package init?(url: String, channel: String? = nil) {
        guard let scheme = Scheme.allCases.first(where: { url.hasPrefix($0.rawValue + "://") }) else {
            return nil
        }
        let rest = url.dropFirst(scheme.rawValue.count + 3)
        guard !rest.isEmpty, scheme != .file || rest.hasPrefix("/") else {
            return nil
        }
        self.scheme = scheme
        self.url = url
        self.channel = channel
    }

    /// The address by which the source is known, however it was written: of a folder without slashes at its end.
    package var place: String {
        guard scheme == .file else {
            return url
        }
        var place = url[...]
        while place.hasSuffix("/"), place != "file:///" {
            place = place.dropLast()
        }
        return String(place)
    }

    /// The directory of a `file` source; nil for every other.
    package var directory: String? {
        guard scheme == .file else {
            return nil
        }
        let path = url.dropFirst("file://".count)
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : String(path)
    }
}

/// How an installation runs.
package enum Deployment: Sendable, Hashable {
    /// Docker Compose.
    case singleVM(SingleVMDeployment)
    /// Kubernetes and Helm.
    case orchestrated(OrchestratedDeployment)
}

/// An installation under Compose.
package struct SingleVMDeployment: Sendable, Hashable {
    /// The installation's directory; an absolute path.
    package let directory: String
    /// The Compose project's name.
    package let project: String

    /// Makes a deployment.
    package init(directory: String, project: String) {
        self.directory = directory
        self.project = project
    }

    /// Whether Compose takes a text as a project's name: small letters, digits, `-` and `_`, the first a letter or
    /// digit.
    package static func isProjectName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first != "-", first != "_" else {
            return false
        }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "0"..."9", "-", "_": true
            default: false
            }
        }
    }
}

/// An installation in a Kubernetes cluster.
package struct OrchestratedDeployment: Sendable, Hashable {
    /// The kubeconfig; an absolute path, or nil for the one of the pod or the environment.
    package let kubeconfig: String?
    /// The kubeconfig's context; nil for the current one.
    package let context: String?
    /// The namespace.
    package let namespace: String
    /// The Helm release's name.
    package let release: String
    /// Whether the cluster is one that the installation brought along.
    package let embeddedCluster: Bool
    /// The operator's own files of values; absolute paths, in order: what a later one says wins.
    package let values: [String]

    /// Makes a deployment.
    package init(
        kubeconfig: String? = nil,
        context: String? = nil,
        namespace: String,
        release: String,
        embeddedCluster: Bool = false,
        values: [String] = []
    ) {
        self.kubeconfig = kubeconfig
        self.context = context
        self.namespace = namespace
        self.release = release
        self.embeddedCluster = embeddedCluster
        self.values = values
    }

    /// Whether Kubernetes takes a text as a namespace's name: at most 63 small letters, digits and `-`, the first and
    /// the last no `-`.
    package static func isNamespace(_ text: String) -> Bool {
        text.utf8.count <= 63 && isLabel(text[...])
    }

    /// Whether Helm takes a text as a release's name: at most 53 characters, parts as in a namespace's name, with dots
    /// between them.
    package static func isReleaseName(_ text: String) -> Bool {
        text.utf8.count <= 53
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    }

    private static func isLabel(_ text: Substring) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last, first != "-", last != "-"
        else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "0"..."9", "-": true
            default: false
            }
        }
    }
}

/// Where and how backup sets are kept.
package struct BackupSettings: Sendable, Hashable {
    /// The folder of the sets; an absolute path.
    package let directory: String
    /// How many sets `pawl backup prune` and runs leave; at least one.
    package let keep: Int
    /// `age` recipients; where there is one, sets are encrypted to all of them.
    package let encryptTo: [String]

    /// Makes settings; 5 sets are kept unless said otherwise.
    package init(directory: String, keep: Int = 5, encryptTo: [String] = []) {
        self.directory = directory
        self.keep = keep
        self.encryptTo = encryptTo
    }
}
