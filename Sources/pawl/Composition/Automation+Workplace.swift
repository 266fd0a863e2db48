import Foundation
import StateStore
import UpgradeEngine
import UpgradeModel

extension Automation {
    /// What a console over this installation does by itself.
    init(_ workplace: Workplace) {
        let duty = DutyLock(in: workplace.data)
        self.init(
            Parts(
                records: workplace.store,
                journal: workplace.store,
                sender: NoticeCourier(
                    folder: workplace.data.path + "/outbox",
                    authorities: ProcessInfo.processInfo.environment["SSL_CERT_FILE"],
                    now: Workplace.now
                ),
                zones: ZoneInformation(),
                installation: workplace.installation.name,
                ask: { try await Offers(workplace).news },
                recall: { try await ReleaseNews(recalledOf: workplace) },
                // In safe mode nothing can be written down, so nothing is done that would have to be.
                isOnDuty: { workplace.store.safeMode == nil && duty.isOurs() },
                clean: { Redaction(of: workplace).clean($0) },
                now: Workplace.now
            )
        )
    }

    /// What to tell whoever begins an upgrade outside all windows; nil within one.
    var remarkOutsideWindow: String? {
        do throws(Trouble) {
            try requireWindow(deliberately: false)
            return nil
        } catch {
            return error.code == "outside-window" ? error.message : nil
        }
    }
}

extension Offers {
    /// What there is to tell.
    var news: ReleaseNews {
        let newest = catalog.newest(for: workplace.kind)?.version
        // Where nobody can look at what runs, it is what was last deployed.
        let installed = installed ?? highWaterMark
        return ReleaseNews(
            newer: newest.flatMap { newest in installed.flatMap { $0 < newest ? newest : nil } },
            installed: installed,
            releasedAt: installed.flatMap { catalog.release($0)?.releasedAt },
            in: workplace
        )
    }

    /// Keeps what there is to tell for whoever is told of it, as a check by the console itself does.
    func tell() throws {
        let store = workplace.store
        guard store.safeMode == nil else { return }
        let notices = NewsNotices.of(news, at: Workplace.now(), installation: workplace.installation.name)
        try store.keep(notices, for: store.settings().notifications.channels, upTo: nil)
    }
}

extension ReleaseNews {
    /// What is on record, without asking the source: what is installed, and when the source said that it was published.
    init(recalledOf workplace: Workplace) async throws {
        let state = try? await Sites.observe(workplace)
        var installed = state?.installedVersion
        if installed == nil { installed = try await workplace.highWaterMark() }
        let releases = try CatalogBook(workplace).memory()?.memory.fingerprints ?? []
        self.init(
            newer: nil,
            installed: installed,
            releasedAt: releases.first { $0.version == installed }?.releasedAt,
            in: workplace
        )
    }

    fileprivate init(newer: ReleaseVersion?, installed: ReleaseVersion?, releasedAt: Day?, in workplace: Workplace) {
        self.init(
            newer: newer,
            installed: installed,
            standing: releasedAt.flatMap {
                workplace.product.supportWindow.standing(releasedAt: $0, on: Workplace.now().day)
            }
        )
    }
}
