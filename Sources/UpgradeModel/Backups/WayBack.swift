/// How long a restore takes here, as far as anybody knows, and when it was last shown to work.
package struct WayBack: Sendable, Hashable {
    /// Seconds: what restores took, or what the newest proof took where there was no restore yet.
    package let seconds: Double
    /// When a set was last proven; nil where that was not written down.
    package let provenAt: Moment?

    /// Finds the way back; nil where no set is proven: then there is none.
    ///
    /// - Parameters:
    ///   - proofs: what is known about every set, newest set first.
    ///   - restores: how long earlier restores of this installation took, in seconds.
    package init?(proofs: [ProofRecord], restores: [Double]) {
        guard let newest = proofs.first(where: { $0.state == .proven }) else { return nil }
        seconds = restores.isEmpty ? newest.seconds : restores.sorted()[restores.count / 2]
        provenAt = newest.at
    }
}
