extension Check {
    /// Nobody else is upgrading or restoring this installation.
    static let otherRun = Check("other-run", "No other run in progress", needs: .services) { observation in
        observation.installation.otherRun.judged(
            "whether another run is in progress",
            remedy: "Look at `pawl status`; where the data folder cannot be read, run Pawl as its owner."
        ) { run in
            guard let run else {
                return .pass("No other run is in progress.")
            }
            guard let id = run.id else {
                return .fail(
                    "A tool that an ended run left behind is still working.",
                    remedy: "Wait until it has ended; `pawl status` shows when."
                )
            }
            let by = run.startedBy.map { ", started by \($0)" } ?? ""
            let since = run.since.map { ", since \($0)" } ?? ""
            return .fail(
                "The run \(id) is in progress\(by)\(since).",
                remedy: "Follow it with `pawl details \(id) --follow`; start another one when it has ended."
            )
        }
    }
}
