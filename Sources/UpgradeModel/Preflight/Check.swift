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

    /// The same in a cluster.
    package static let replacementOrchestrated: [Check] = [
        .otherRun, .clusterReachable, .clusterTransport, .clusterVersion, .helm, .replacementHelmRelease, .gitOps,
        .clusterRights, .webhooks, .releaseGuard, .clusterSettings, .clusterConfigurationFiles, .clusterKeys,
        .clusterPackageVersion, .consoleVersion, .releasePackage, .clusterTargetConfiguration, .clusterImages,
        .servedAPIs, .clusterQuota, .clusterRoom, .clusterDatabasesConfigured, .databaseReachable,
        .clusterReplacementDiskSpace,
    ]

    /// Every check of an installation in a cluster, in the order in which operators see them.
    package static let orchestrated: [Check] = [
        .otherRun, .clusterAnotherTool, .clusterReachable, .clusterTransport, .clusterVersion, .helm, .clusterRights,
        .helmRelease, .clusterInstalledRelease, .clusterDrift, .clusterInstalledFiles, .gitOps, .knownRelease,
        .supportWindow, .workloadsHealthy, .webhooks, .releaseGuard, .disruptionBudgets, .clock, .clusterSettings,
        .clusterConfigurationFiles, .clusterKeys, .clusterPackageVersion, .consoleVersion, .releasePackage,
        .clusterTargetConfiguration, .servedAPIs, .clusterImages, .clusterQuota, .clusterRoom,
        .clusterDatabasesConfigured, .databaseReachable, .directConnection, .databaseVersion, .databaseRights,
        .databaseSize, .freeConnections, .foreignSessions, .longTransactions, .replicationLag, .clientTools,
        .scratchCluster, .restoreRights, .wayBack, .backupsDirectory, .backupsDisk, .lastBackup, .backupEncryption,
        .clusterDiskSpace, .rehearsal,
    ]

    /// The checks before a hop, for a kind of deployment.
    package static func list(for deployment: DeploymentKind) -> [Check] {
        deployment == .singleVM ? singleVM : orchestrated
    }

    /// The checks of a release that takes the place of one that failed, for a kind of deployment.
    package static func replacementList(for deployment: DeploymentKind) -> [Check] {
        deployment == .singleVM ? replacement : replacementOrchestrated
    }

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
