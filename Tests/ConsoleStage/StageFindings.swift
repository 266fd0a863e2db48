import UpgradeModel

/// What the checks of a scene find.
enum StageFindings {
    static func all(_ scene: Scene) -> [Finding] {
        let passed = [
            ("engine", "Docker Engine", "Version 27.3.1 answers."), ("compose", "Compose", "Version 2.29.7."),
            ("database-reachable", "Databases can be reached", "carto and aiproxy answer, PostgreSQL 15.20."),
            ("database-rights", "Rights in the databases", "The roles may read everything that is backed up."),
            ("scratch-cluster", "Scratch server", "A scratch server with every extension and locale can be made."),
            ("images", "Images", "All 9 images are here, with the digests that the release names."),
            ("clock", "Clock", "The machine's clock agrees with the databases' within 40 ms."),
            ("other-run", "No other run", "Nobody else changes the installation."),
        ].map { Finding(check: $0.0, title: $0.1, outcome: .pass, message: $0.2, remedy: nil) }
        let warned = Finding(
            check: "long-transactions",
            title: "Long transactions",
            outcome: .warn,
            message: "A session of the role reporting has a transaction open for 47 minutes (process 8123).",
            remedy: "Let it end, or end it, before the upgrade: migrations may have to wait for it."
        )
        guard scene == .warnings else { return passed + [warned] }
        return passed + [
            warned,
            Finding(
                check: "disk-space",
                title: "Disk space",
                outcome: .fail,
                message: "/var/lib/pawl needs 4.2 GB for the backup and the scratch copy, and has 1.1 GB.",
                remedy: "Make room, or set `backups.directory` in pawl.yaml to a larger disk."
            ),
            Finding(
                check: "replication-lag",
                title: "Replication",
                outcome: .error,
                message: "Whether replicas lag behind could not be found out: permission denied for view "
                    + "pg_stat_replication.",
                remedy: "Give the role carto the right pg_monitor, then run the checks again."
            ),
        ]
    }
}
