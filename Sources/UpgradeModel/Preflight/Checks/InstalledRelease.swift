extension Check {
    /// What runs is the release that the installation's files say, and nothing older than the high-water mark.
    static let installedRelease = installedRelease(on: .singleVM)

    /// The same in a cluster, where `helm rollback` brings back what is older.
    static let clusterInstalledRelease = installedRelease(on: .cluster)

    private static func installedRelease(on ground: Ground) -> Check {
        Check("installed-release", "Installed release is what it says", needs: .services) { observation in
            let installation = observation.installation
            return installation.running.judged(
                "which release runs",
                remedy: ground == .singleVM
                    ? "Start the installation, see that `docker ps` lists its containers, and run the checks again."
                    : "Look at the findings about the Helm release and its workloads."
            ) { running in
                installation.highWaterMark.judged(
                    "which migrations have started here",
                    remedy: "`pawl status` says what is wrong with the journal."
                ) { mark in
                    judge(running, mark: mark, target: observation.target.release.version, ground)
                }
            }
        }
    }

    private static func judge(
        _ running: RunningRelease,
        mark: ReleaseVersion?,
        target: ReleaseVersion,
        _ ground: Ground
    ) -> Verdict {
        if let mark, running.version < mark {
            let what =
                "Release \(running.version) runs, but the migrations of \(mark) have already started here: "
                + "the databases are newer than the application."
            let remedy =
                "Deploy \(mark) again with `pawl upgrade --to \(mark)`; nothing else is safe, unless the databases were "
                + "restored by hand: then tell Pawl so, with \(RestoredOutside.command())."
            return target == mark ? .warn(what, remedy: remedy) : .fail(what, remedy: remedy)
        }
        guard !running.drift.isEmpty else {
            return .pass("Release \(running.version) runs.")
        }
        let services = running.drift.map { service in
            let said = service.version.map(\.description) ?? "not told"
            return "\(service.name) (\(service.isOtherImage ? "another image named \(said)" : said))"
        }
        let older = mark.map { mark in running.drift.contains { $0.version.map { $0 < mark } ?? false } } ?? false
        let warning = older ? " Some of it is older than the databases." : ""
        let what =
            "Release \(running.version) is installed, but other images run: \(ListText.and(services)).\(warning)"
        guard ground == .singleVM else {
            return .fail(
                what,
                remedy: "Somebody changed the workloads by hand. The finding “Workloads are what the record says” says "
                    + "how to bring back what was installed; then run the checks again."
            )
        }
        // Bringing it up again helps only where its names stand for its own images.
        let first =
            running.drift.contains(where: \.isOtherImage)
            ? "Give the images that `images.json` in the release's folder lists their names back with `docker tag`. "
            : ""
        return .fail(
            what,
            remedy: "Somebody changed the containers by hand. \(first)Bring the installed release up again with "
                + "`docker compose up -d` in the installation's directory, and run the checks again."
        )
    }
}
