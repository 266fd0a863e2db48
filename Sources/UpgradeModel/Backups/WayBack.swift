/// How long a restore takes here, as far as anybody knows, and when it was last shown to work.
package struct WayBack: Sendable, Hashable {
    /// Seconds: what restores took, or what dumping and proving the newest set took where there was no restore yet.
    package let seconds: Double
    /// When a set was last proven; nil where that was not written down.
    package let provenAt: Moment?

    /// What is known about one set.
    package struct Known: Sendable, Hashable {
        /// Its proof.
        package var proof: ProofRecord
        /// How long its dumps took, in seconds. A copy is restored meanwhile, so that the proof's own time is but a part
        /// of a restore's.
        package var dumpSeconds: Double

        /// Makes a value.
        package init(proof: ProofRecord, dumpSeconds: Double = 0) {
            self.proof = proof
            self.dumpSeconds = dumpSeconds
        }

        /// What a set's manifest says.
        package init(_ summary: BackupSummary) {
            self.init(proof: summary.proof, dumpSeconds: summary.databases.map(\.dumpSeconds).reduce(0, +))
        }
    }

    /// Finds the way back; nil where no set is proven: then there is none.
    ///
    /// - Parameters:
    ///   - sets: what is known about every set, newest set first.
    ///   - restores: how long earlier restores of this installation took, in seconds.
    package init?(sets: [Known], restores: [Double]) {
        guard let newest = sets.first(where: { $0.proof.state == .proven }) else { return nil }
        seconds = restores.isEmpty ? newest.dumpSeconds + newest.proof.seconds : restores.sorted()[restores.count / 2]
        provenAt = newest.proof.at
    }
}
