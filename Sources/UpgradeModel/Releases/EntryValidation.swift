/// Judges one entry of a catalog by itself.
struct EntryValidation {
    private let entry: CatalogEntry
    private let header: CatalogHeader

    /// A release, or the reason why it is none.
    static func judge(_ entry: CatalogEntry, in header: CatalogHeader) -> Result<Release, QuarantinedRelease> {
        let validation = EntryValidation(entry: entry, header: header)
        do throws(Rejection) {
            return .success(try validation.release())
        } catch {
            return .failure(quarantined(entry, error.reason))
        }
    }

    /// An entry put in quarantine, with everything of it that can be read.
    static func quarantined(_ entry: CatalogEntry, _ reason: QuarantinedRelease.Reason) -> QuarantinedRelease {
        QuarantinedRelease(
            text: entry.version ?? "",
            version: entry.version.flatMap { try? ReleaseVersion($0) },
            chartVersion: entry.chartVersion.flatMap { try? ReleaseVersion($0) },
            reason: reason,
            isRequired: entry.isRequired ?? false,
            deployments: entry.deployments.map { Set($0.compactMap(DeploymentKind.init(rawValue:))) }
        )
    }

    private struct Rejection: Error {
        var reason: QuarantinedRelease.Reason

        init(_ reason: QuarantinedRelease.Reason) {
            self.reason = reason
        }
    }

    private func release() throws(Rejection) -> Release {
        let version = try version()
        let releasedAt = try releasedAt(of: version)
        if let problem = entry.problem { throw Rejection(.unreadable(problem)) }
        return Release(
            version: version,
            chartVersion: try optionalVersion(entry.chartVersion, "chart version"),
            releasedAt: releasedAt,
            isPrerelease: entry.isPrerelease ?? false,
            deployments: entry.deployments.map { Set($0.compactMap(DeploymentKind.init(rawValue:))) },
            isRequired: entry.isRequired ?? false,
            packageMinVersion: try optionalVersion(entry.packageMinVersion, "package minimum"),
            kubernetes: try kubernetes(),
            minConsoleVersion: try minConsoleVersion(),
            notes: entry.notes,
            package: try package()
        )
    }

    private func version() throws(Rejection) -> ReleaseVersion {
        do throws(VersionError) {
            return try ReleaseVersion(entry.version ?? "")
        } catch {
            throw Rejection(.unreadableVersion(error))
        }
    }

    private func releasedAt(of version: ReleaseVersion) throws(Rejection) -> Day? {
        let day = entry.releasedAt.flatMap { Day($0) ?? Moment($0)?.day }
        // Some publishers of Helm repositories restamp every entry, so the date there proves nothing.
        guard header.format == .catalog else { return day }
        guard let day else { throw Rejection(.unreadableDate) }
        if let year = version.calendarYear, abs(year - day.year) > 1 {
            throw Rejection(.implausibleYear(version: year, released: day.year))
        }
        return day
    }

    private func optionalVersion(_ text: String?, _ name: String) throws(Rejection) -> ReleaseVersion? {
        guard let text else { return nil }
        do throws(VersionError) {
            return try ReleaseVersion(text)
        } catch {
            throw Rejection(.unreadable("its \(name) cannot be read: \(error)"))
        }
    }

    private func kubernetes() throws(Rejection) -> KubernetesMinor? {
        guard let text = entry.kubernetes else { return nil }
        guard let minor = KubernetesMinor(text) else {
            throw Rejection(.unreadable("its Kubernetes version cannot be read"))
        }
        return minor
    }

    /// A number in somebody else's counting is only shown, so one that cannot be read does no harm.
    private func minConsoleVersion() throws(Rejection) -> ReleaseVersion? {
        guard header.countsConsoleAsPawl else { return entry.minConsoleVersion.flatMap { try? ReleaseVersion($0) } }
        return try optionalVersion(entry.minConsoleVersion, "console minimum")
    }

    private func package() throws(Rejection) -> PackageReference? {
        guard let path = entry.packagePath else {
            guard entry.packageSHA256 == nil, entry.packageBytes == nil else {
                throw Rejection(.unreadable("its package has no path"))
            }
            return nil
        }
        guard !path.isEmpty, path.utf8.count <= 1024,
            path.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != "\u{7F}" })
        else { throw Rejection(.unreadable("the path of its package cannot be read")) }
        if header.format == .catalog {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard !path.hasPrefix("/"), !parts.contains("..") else {
                throw Rejection(.unreadable("the path of its package leads out of the source"))
            }
        }
        let digest = entry.packageSHA256.map(ContentDigest.init)
        if case .some(.none) = digest { throw Rejection(.unreadable("the SHA-256 of its package cannot be read")) }
        if let bytes = entry.packageBytes, bytes < 0 {
            throw Rejection(.unreadable("the size of its package cannot be read"))
        }
        return PackageReference(path: path, sha256: digest ?? nil, bytes: entry.packageBytes.map(Int64.init))
    }
}

extension QuarantinedRelease: Error {}
