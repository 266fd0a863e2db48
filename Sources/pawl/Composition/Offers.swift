import ReleaseSource
import Reports
import StateStore
import UpgradeModel

/// The releases that an installation's source offers, seen from where the installation stands.
struct Offers: Sendable {
    let workplace: Workplace
    let catalog: Catalog
    /// What is installed; nil where that cannot be told.
    let installed: ReleaseVersion?
    /// The newest release whose migrations have started here; nil where none has, or nobody can tell.
    let highWaterMark: ReleaseVersion?
    /// The releases that a legal path leads to.
    let reachable: Set<ReleaseVersion>

    /// Asks the source; the installation is looked at where it can be.
    init(_ workplace: Workplace) async throws {
        self.workplace = workplace
        let place = try? await Standpoint(workplace)
        catalog = try place?.catalog ?? CatalogBook(workplace).ask()
        installed = place?.state.installedVersion
        if let place {
            highWaterMark = place.highWaterMark
        } else {
            highWaterMark = try? await workplace.highWaterMark()
        }
        reachable = (try? place?.reachable()) ?? []
    }

    /// Every release that is offered, and what is in quarantine.
    var report: ReleasesReport {
        ReleasesReport(
            catalog,
            support: workplace.product.supportWindow,
            today: Workplace.now().day,
            installed: installed,
            reachable: reachable
        )
    }

    /// What the source did not have when somebody last asked this.
    static func news(of workplace: Workplace) async throws -> CheckReport {
        let book = CatalogBook(workplace)
        let known = try book.checked()
        let offers = try await Offers(workplace)
        let new = offers.catalog.releases.filter { release in
            known.map { !$0.contains(release.version) } ?? (offers.installed.map { $0 < release.version } ?? true)
        }
        // That the source was asked is worth knowing and telling, and never worth failing for.
        try? book.noteChecked()
        try? workplace.store.changeCheckRecord { $0.succeeded(at: Workplace.now(), scheduled: false) }
        try? offers.tell()
        return CheckReport(
            checkedAt: Workplace.now(),
            source: workplace.installation.source.url,
            new: new,
            catalog: offers.catalog,
            support: workplace.product.supportWindow,
            today: Workplace.now().day,
            installed: offers.installed,
            reachable: offers.reachable
        )
    }
}

extension Catalog {
    /// One release with its notes and constraints.
    ///
    /// - Throws: code `unknown-release`, or `quarantined-release` with the reason.
    func report(
        on version: ReleaseVersion,
        support: SupportPolicy,
        installed: ReleaseVersion?,
        reachable: Set<ReleaseVersion>
    ) throws -> ReleaseReport {
        guard let release = release(version) else {
            let reason = quarantine(of: version).map { " is in quarantine: \($0.reason)" }
            throw Trouble(
                .operator,
                reason == nil ? "unknown-release" : "quarantined-release",
                "Release \(version)\(reason ?? " is not in the catalog").",
                remedy: "See `pawl releases`."
            )
        }
        let row = ReleaseRow(
            release,
            support: support,
            today: Workplace.now().day,
            installed: version == installed,
            reachable: reachable.contains(version)
        )
        return ReleaseReport(release, row: row)
    }
}
