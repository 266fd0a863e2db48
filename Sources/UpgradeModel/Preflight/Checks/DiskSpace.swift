extension Check {
    /// Every file system has room for everything that the hop puts on it together.
    static let diskSpace = diskSpace(
        for: DiskNeed.Purpose.allCases,
        none: .error(
            "Pawl could not find out how much disk space is needed: nothing was estimated.",
            remedy: "Look at the findings about the databases and the release's package."
        )
    )

    /// The same for a release that takes the place of one that failed: nothing is dumped or copied for it.
    static let replacementDiskSpace = diskSpace(
        for: [.images, .package],
        none: .pass("The release is here already and needs no room.")
    )

    private static func diskSpace(for purposes: [DiskNeed.Purpose], none: Verdict) -> Check {
        Check("disk-space", "Disk space", needs: .disks) { observation in
            observation.disk.judged(
                "how much disk space is needed and free",
                remedy: "Look at the findings about the databases and the release's package; see `df`."
            ) { disk in
                let needs = disk.needs.filter { purposes.contains($0.purpose) }
                let places = Set(needs.map(\.fileSystem)).sorted()
                let verdicts = places.map { id in
                    judge(needs.filter { $0.fileSystem == id }, disk.fileSystems.first { $0.id == id })
                }
                return .all(verdicts, none: none)
            }
        }
    }

    /// The room that should remain: a tenth of what is needed, at least 256 MiB.
    private static func headroom(_ needed: Int64) -> Int64 {
        max(needed / 10, 256 << 20)
    }

    private static func judge(_ needs: [DiskNeed], _ fileSystem: FileSystem?) -> Verdict {
        let what = needs.map { "\($0.purpose.rawValue) \(SizeText.bytes($0.bytes))" }
        guard let fileSystem else {
            return .error(
                "Pawl could not find out how much space is free for: \(ListText.and(what)).",
                remedy: "See `df` for the folders in pawl.yaml."
            )
        }
        let needed = needs.reduce(Int64(0)) { sum, need in
            let (result, overflow) = sum.addingReportingOverflow(need.bytes)
            return overflow ? .max : result
        }
        let free = max(fileSystem.freeBytes, 0)
        let account =
            "\(fileSystem.path): \(SizeText.bytes(needed)) needed (\(ListText.and(what))), \(SizeText.bytes(free)) free."
        if needed > free {
            return .fail(
                account,
                remedy: "Free at least \(SizeText.bytes(needed - free)) on \(fileSystem.path): `pawl backup prune`, "
                    + "`docker image prune`, or name a folder on another disk as `backups.directory`."
            )
        }
        if free - needed < headroom(needed) {
            return .warn(
                account + " That is tight.",
                remedy: "Free some space on \(fileSystem.path) before you start."
            )
        }
        return .pass(account)
    }
}
