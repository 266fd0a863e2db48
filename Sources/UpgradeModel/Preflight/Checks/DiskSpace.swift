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

    /// The same in a cluster: images lie on its nodes, and Pawl's disk is for the rest.
    static let clusterDiskSpace = diskSpace(
        for: DiskNeed.Purpose.allCases,
        none: .error(
            "Pawl could not find out how much disk space is needed: nothing was estimated.",
            remedy: "Look at the findings about the databases and the release's package."
        ),
        on: .cluster
    )

    /// The same in a cluster for a release that takes the place of one that failed.
    static let clusterReplacementDiskSpace = diskSpace(
        for: [.package],
        none: .pass("The release is here already and needs no room."),
        on: .cluster
    )

    private static func diskSpace(
        for purposes: [DiskNeed.Purpose],
        none: Verdict,
        on ground: Ground = .singleVM
    ) -> Check {
        Check("disk-space", "Disk space", needs: .disks) { observation in
            observation.disk.judged(
                "how much disk space is needed and free",
                remedy: "Look at the findings about the databases and the release's package; see `df`."
            ) { disk in
                let needs = disk.needs.filter { purposes.contains($0.purpose) }
                let places = Set(needs.map(\.fileSystem)).sorted()
                let verdicts = places.map { id in
                    judge(needs.filter { $0.fileSystem == id }, disk.fileSystems.first { $0.id == id }, ground)
                }
                return .all(verdicts, none: none)
            }
        }
    }

    private static func judge(_ needs: [DiskNeed], _ fileSystem: FileSystem?, _ ground: Ground) -> Verdict {
        guard let fileSystem else {
            return .error(DiskAccount.unknown(needs), remedy: DiskAccount.unknownRemedy)
        }
        let account = DiskAccount(needs, fileSystem)
        if account.needed > account.free {
            return .fail(account.text, remedy: account.remedy(toGain: account.needed - account.free, on: ground))
        }
        if account.isTight {
            return .warn(
                account.text + " That is tight.",
                remedy: "Free some space on \(fileSystem.path) before you start."
            )
        }
        return .pass(account.text)
    }
}

/// What is needed and free on one file system.
private struct DiskAccount {
    let needed: Int64
    let free: Int64
    let text: String
    private let path: String

    init(_ needs: [DiskNeed], _ fileSystem: FileSystem) {
        needed = needs.reduce(0) { Self.sum($0, $1.bytes) }
        free = max(fileSystem.freeBytes, 0)
        path = fileSystem.path
        text =
            "\(path): \(SizeText.bytes(needed)) needed (\(Self.words(needs))), \(SizeText.bytes(free)) free."
    }

    /// The room that should remain: a tenth of what is needed, at least 256 MiB.
    var headroom: Int64 { max(needed / 10, 256 << 20) }

    /// Whether less than that would remain.
    var isTight: Bool { free - needed < headroom }

    /// How to get so many bytes.
    func remedy(toGain bytes: Int64, on ground: Ground = .singleVM) -> String {
        "Free at least \(SizeText.bytes(bytes)) on \(path): `pawl backup prune`, "
            + (ground == .singleVM ? "`docker image prune`, " : "")
            + "or name a folder on another disk as `backups.directory`."
    }

    /// Why work must not begin there that nobody decides about; nil where it may.
    var shortage: (message: String, remedy: String)? {
        guard isTight else { return nil }
        let short = Self.sum(needed, headroom) - free
        return (text + " \(SizeText.bytes(headroom)) must remain for what else writes there.", remedy(toGain: short))
    }

    static func unknown(_ needs: [DiskNeed]) -> String {
        "Pawl could not find out how much space is free for: \(words(needs))."
    }

    static let unknownRemedy = "See `df` for the folders in pawl.yaml."

    private static func words(_ needs: [DiskNeed]) -> String {
        ListText.and(needs.map { "\($0.purpose.rawValue) \(SizeText.bytes($0.bytes))" })
    }

    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (result, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : result
    }
}

extension DiskFacts {
    /// Why what needs this must not be begun; nil where there is room for all of it and for what `disk-space` warns without.
    ///
    /// Nobody reads a warning of what a timer begins, and a disk that is full ends the application's own database where that
    /// lies on it too.
    package var shortage: Trouble? {
        let accounts = Set(needs.map(\.fileSystem)).sorted().compactMap { id -> (message: String, remedy: String)? in
            let own = needs.filter { $0.fileSystem == id }
            guard let place = fileSystems.first(where: { $0.id == id }) else {
                return (DiskAccount.unknown(own), DiskAccount.unknownRemedy)
            }
            return DiskAccount(own, place).shortage
        }
        guard !accounts.isEmpty else { return nil }
        return Trouble(
            .environment,
            "disk-space",
            accounts.map(\.message).joined(separator: " "),
            remedy: accounts.map(\.remedy).joined(separator: " ")
        )
    }
}
