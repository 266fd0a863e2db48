import UpgradeModel

/// Which data folder looks after an installation, noted at the installation itself.
///
/// Lock, journal and high-water mark are the data folder's. Through a second one, named by mistake, two runs would go on
/// side by side, and the mark of the first would be forgotten.
protocol SiteClaim: Sendable {
    /// Makes sure that no other data folder looks after the installation.
    ///
    /// - Throws: code `another-data-folder`; `another-run` while a runner of the other one is at work.
    func require() async throws(Trouble)

    /// Takes the installation for a runner, or for whoever begins a run; whoever takes it lets it go.
    ///
    /// - Returns: nil where there is no installation yet.
    /// - Throws: code `another-run` where somebody else has it, otherwise as ``require()``.
    func take() async throws(Trouble) -> (any SiteHold)?

    /// The mark that is noted for this data folder; nil where none is.
    func highWaterMark() async throws(Trouble) -> ReleaseVersion?
}

/// An installation that is held.
protocol SiteHold: Sendable {
    /// Notes the data folder, and the mark, durably.
    func note(_ mark: ReleaseVersion?) async throws(Trouble)

    /// Works for as long as the installation is held.
    ///
    /// - Throws: what the work throws; code `another-run` where somebody else has taken it meanwhile.
    func holding<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value

    func release() async
}
