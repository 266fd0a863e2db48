/// What all checks found before one hop.
package struct PreflightReport: Sendable, Hashable {
    /// The release that the hop leads to.
    package let target: ReleaseVersion
    /// One finding for each check, in the checks' order.
    package let findings: [Finding]

    /// Makes a report of findings.
    package init(target: ReleaseVersion, findings: [Finding]) {
        self.target = target
        self.findings = findings
    }

    /// Judges what was observed.
    ///
    /// - Parameters:
    ///   - observation: the facts, gathered before.
    ///   - checks: which checks to do.
    package init(of observation: Observation, checks: [Check] = Check.singleVM) {
        self.init(target: observation.target.release.version, findings: checks.map { $0.evaluate(observation) })
    }

    /// `fail` where any finding blocks, else `warn` where any warns, else `pass`; never `error`.
    package var outcome: CheckOutcome {
        if findings.contains(where: \.blocking) {
            return .fail
        }
        return findings.contains { $0.outcome == .warn } ? .warn : .pass
    }

    /// The findings that keep an upgrade from starting.
    package var blocking: [Finding] {
        findings.filter(\.blocking)
    }
}
