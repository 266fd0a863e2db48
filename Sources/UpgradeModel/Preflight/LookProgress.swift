/// How far the looks before a hop have come.
package struct LookProgress: Sendable, Hashable {
    /// What is looked at now.
    package var look: Look
    /// What the checks have found that need no more than the looks before, in the checks' order.
    package var findings: [Finding]

    /// Makes a value.
    package init(_ look: Look, findings: [Finding]) {
        self.look = look
        self.findings = findings
    }

    /// Judges what was observed so far.
    ///
    /// - Parameters:
    ///   - look: what is looked at now.
    ///   - observation: the facts of the looks before.
    package init(_ look: Look, _ observation: Observation) {
        self.init(look, findings: Check.singleVM.filter { $0.needs < look }.map { $0.evaluate(observation) })
    }

    /// How many looks were taken before this one.
    package var done: Int { look.rawValue }

    /// How many checks wait for this look or a later one.
    package var outstanding: Int { Check.singleVM.count { $0.needs >= look } }
}
