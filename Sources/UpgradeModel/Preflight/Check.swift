/// One thing that must be as it should be before a hop starts: a pure judgement of what was observed.
package struct Check: Sendable {
    /// A stable identifier in kebab case.
    package let id: String
    /// The title for people.
    package let title: String
    /// The last look of those that it judges by: nothing that is found out later changes its verdict.
    package let needs: Look
    private let judge: @Sendable (Observation) -> Verdict

    init(_ id: String, _ title: String, needs: Look, judge: @escaping @Sendable (Observation) -> Verdict) {
        self.id = id
        self.title = title
        self.needs = needs
        self.judge = judge
    }

    /// Judges what was observed.
    package func evaluate(_ observation: Observation) -> Finding {
        let verdict = judge(observation)
        return Finding(
            check: id,
            title: title,
            outcome: verdict.outcome,
            message: verdict.message,
            remedy: verdict.remedy
        )
    }

    /// The checks of a release that takes the place of one that failed past the point of no return: what the release
    /// needs, not what is installed, which is known to be broken. A rehearsal says nothing then: none can be made while a
    /// run waits, and one from before the run was of databases in another state.
    package static let replacement: [Check] = [
        .otherRun, .folderNames, .engine, .compose, .settings, .configurationFiles, .keys, .packageVersion,
        .consoleVersion,
        .releasePackage, .targetConfiguration, .images, .databaseImage, .databasesConfigured, .databaseReachable,
        .replacementDiskSpace,
    ]

    /// Every check of an installation on a single VM, in the order in which operators see them.
    package static let singleVM: [Check] = [
        .otherRun, .anotherTool, .installedRelease, .installedFiles, .unknownServices, .unnamedVolumes, .folderNames,
        .knownRelease, .supportWindow, .containersHealthy,
        .engine, .compose, .clock, .settings, .configurationFiles, .keys, .packageVersion, .consoleVersion,
        .releasePackage, .targetConfiguration, .images, .databaseImage, .databasesConfigured, .databaseReachable,
        .directConnection, .databaseVersion, .databaseRights, .databaseSize, .freeConnections, .foreignSessions,
        .longTransactions, .replicationLag, .clientTools, .scratchCluster, .restoreRights, .wayBack, .backupsDirectory,
        .backupsDisk, .lastBackup, .backupEncryption, .diskSpace, .rehearsal,
    ]
}
