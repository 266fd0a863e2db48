/// How far the looks before a hop have come.
package struct LookProgress: Sendable, Hashable {
    /// What is looked at now.
    package var look: Look
    /// What the checks have found that need no more than the looks before, in the checks' order.
    package var findings: [Finding]
    /// How the installation runs, which says what the checks are.
    package var deployment: DeploymentKind

    /// Makes a value.
    package init(_ look: Look, findings: [Finding], at deployment: DeploymentKind = .singleVM) {
        self.look = look
        self.findings = findings
        self.deployment = deployment
    }

    /// Judges what was observed so far.
    ///
    /// - Parameters:
    ///   - look: what is looked at now.
    ///   - observation: the facts of the looks before.
    ///   - deployment: how the installation runs.
    package init(_ look: Look, _ observation: Observation, at deployment: DeploymentKind = .singleVM) {
        let checks = Check.list(for: deployment).filter { $0.needs < look }
        self.init(look, findings: checks.map { $0.evaluate(observation) }, at: deployment)
    }

    /// What is looked at now, as in “Looking at …”.
    package var words: String { look.words(at: deployment) }

    /// How many looks were taken before this one.
    package var done: Int { look.rawValue }

    /// How many checks wait for this look or a later one.
    package var outstanding: Int { Check.list(for: deployment).count { $0.needs >= look } }
}
