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
                ask: { try await Offers.latest(of: workplace) },
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
    /// Asks the source, and says what there is to tell.
    static func latest(of workplace: Workplace) async throws -> ReleaseNews {
        let offers = try await Offers(workplace)
        let newest = offers.catalog.newest(for: Standpoint.deployment)?.version
        let released = offers.installed.flatMap { offers.catalog.release($0)?.releasedAt }
        return ReleaseNews(
            newer: newest.flatMap { newest in offers.installed.flatMap { $0 < newest ? newest : nil } },
            installed: offers.installed,
            standing: released.flatMap {
                workplace.product.supportWindow.standing(releasedAt: $0, on: Workplace.now().day)
            }
        )
    }
}
