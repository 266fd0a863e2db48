package import UpgradeModel
import Documents

/// A package's `release.yaml`: what the release says of itself.
package struct ReleaseFile: Sendable, Hashable {
    /// The release.
    package let release: Release
    /// The id of every image, by the name that the Compose file uses; empty in a package that is a chart alone.
    package let images: [String: String]

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8.
    ///   - path: what errors call it.
    /// - Returns: the file.
    /// - Throws: a `Trouble` with the blame on the release that names the line.
    package static func read(_ bytes: [UInt8], path: String) throws(Trouble) -> ReleaseFile {
        do {
            return try Document.parse(yaml: bytes, name: path).readMapping { (reader) throws(DocumentError) in
                try reader.header(kind: "Release")
                let release = Release(
                    version: try reader.version("version"),
                    chartVersion: try reader.optionalVersion("chartVersion"),
                    releasedAt: try reader.day("releasedAt"),
                    isPrerelease: try reader.optionalBool("prerelease") ?? false,
                    deployments: try reader.deployments("deployments"),
                    isRequired: try reader.optionalBool("required") ?? false,
                    packageMinVersion: try reader.optionalVersion("packageMinVersion"),
                    kubernetes: try reader.optional("kubernetes", as: "a Kubernetes version such as 1.31") {
                        $0.string.flatMap { KubernetesMinor($0) }
                    },
                    minConsoleVersion: try reader.optionalVersion("minConsoleVersion"),
                    notes: try reader.optionalString("notes")
                )
                return ReleaseFile(release: release, images: try reader.images("images"))
            }
        } catch {
            throw error.releaseTrouble()
        }
    }

    /// Checks that the package is the one that the catalog speaks of.
    ///
    /// - Parameter entry: the release as the catalog has it.
    /// - Throws: a `Trouble` with the blame on the release where version, chart version, `required` or a minimum differ.
    package func checkAgreement(with entry: Release) throws(Trouble) {
        var differences: [String] = []
        func compare(_ name: String, _ own: String?, _ other: String?, _ isEqual: Bool) {
            if !isEqual {
                differences.append(
                    "\(name) is \(own ?? "not given") in release.yaml, \(other ?? "not given") in the catalog"
                )
            }
        }
        compare("version", release.version.text, entry.version.text, release.version == entry.version)
        compare(
            "chartVersion",
            release.chartVersion?.text,
            entry.chartVersion?.text,
            release.chartVersion == entry.chartVersion
        )
        compare("required", "\(release.isRequired)", "\(entry.isRequired)", release.isRequired == entry.isRequired)
        compare(
            "packageMinVersion",
            release.packageMinVersion?.text,
            entry.packageMinVersion?.text,
            release.packageMinVersion == entry.packageMinVersion
        )
        compare(
            "prerelease",
            "\(release.isPrerelease)",
            "\(entry.isPrerelease)",
            release.isPrerelease == entry.isPrerelease
        )
        guard differences.isEmpty else {
            throw Trouble(
                .release,
                "package-contradicts-catalog",
                "The package is not the release that the catalog speaks of: \(differences.joined(separator: "; ")).",
                remedy: "Get the package again; if that does not help, tell its publisher."
            )
        }
    }
}

extension MappingReader {
    fileprivate mutating func version(_ key: String) throws(DocumentError) -> ReleaseVersion {
        guard let version = try optionalVersion(key) else {
            throw error(key, "is missing; it must be a version", code: .missingKey)
        }
        return version
    }

    fileprivate mutating func optionalVersion(_ key: String) throws(DocumentError) -> ReleaseVersion? {
        guard let text = try optionalString(key) else {
            return nil
        }
        do throws(VersionError) {
            return try ReleaseVersion(text)
        } catch {
            throw self.error(key, "must be a version, but \(error)")
        }
    }

    fileprivate mutating func day(_ key: String) throws(DocumentError) -> Day {
        try required(key, as: "a day YYYY-MM-DD") { node in
            node.string.flatMap { Day($0) ?? Moment($0)?.day }
        }
    }

    fileprivate mutating func deployments(_ key: String) throws(DocumentError) -> Set<DeploymentKind>? {
        guard node(key) != nil else {
            return nil
        }
        var kinds: Set<DeploymentKind> = []
        for text in try strings(key) {
            guard let kind = DeploymentKind(rawValue: text) else {
                let known = DeploymentKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw error(key, "must hold some of: \(known)")
            }
            kinds.insert(kind)
        }
        return kinds
    }

    fileprivate mutating func images(_ key: String) throws(DocumentError) -> [String: String] {
        var images: [String: String] = [:]
        for (name, id) in try stringMapping(key) {
            guard let digest = ContentDigest(id), id.hasPrefix("sha256:") else {
                throw error(key, "must hold image ids: sha256: and 64 hexadecimal digits")
            }
            images[name] = digest.description
        }
        return images
    }
}
