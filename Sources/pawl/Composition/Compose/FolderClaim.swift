import UpgradeModel

/// The claim to an installation that has a folder on this machine: a file in it.
struct FolderClaim: SiteClaim {
    let file: InstallationClaim

    init(_ file: InstallationClaim) { self.file = file }

    func require() throws(Trouble) { try file.require() }

    func take() throws(Trouble) -> (any SiteHold)? {
        guard let hold = try file.take() else { return nil }
        return FolderHold(file: file, hold: hold)
    }

    func highWaterMark() throws(Trouble) -> ReleaseVersion? { file.highWaterMark }
}

/// The file, locked; the kernel lets go of it when the process dies.
struct FolderHold: SiteHold {
    let file: InstallationClaim
    let hold: InstallationClaim.Hold

    func note(_ mark: ReleaseVersion?) throws(Trouble) { try file.write(mark, hold) }

    func holding<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await work()
    }

    func release() { hold.release() }
}
