/// The way from the installed release to the target, or why there is none.
package struct UpgradePlan: Sendable, Hashable {
    /// Where the plan starts: the installed release, or the high-water mark where that is newer.
    package let from: ReleaseVersion
    /// Where it leads: what was asked for, or the newest release, or `from` where nothing is newer.
    package let to: ReleaseVersion
    /// How the installation runs.
    package let deployment: DeploymentKind
    /// The hops in order; empty where the plan is refused, or there is nothing to do.
    package let hops: [Hop]
    /// Why there is no way; nil where there is one, or none is needed.
    package let refusal: Refusal?

    /// Whether the installation is already where the plan leads.
    package var isAlreadyThere: Bool { hops.isEmpty && refusal == nil }
}

/// One step of a plan.
package struct Hop: Sendable, Hashable {
    /// Why a plan stops at a release.
    package struct Reason: Sendable, Hashable, Codable {
        /// The kinds of reasons.
        package enum Code: String, Sendable, Codable, Hashable {
            /// No path may pass the release by.
            case required
            /// An embedded cluster may not skip a Kubernetes minor.
            case kubernetesMinor = "kubernetes-minor"
            /// It is the newest release that can be had here.
            case newest
            /// It is the release that was asked for.
            case target
        }

        /// The kind of reason.
        package let code: Code
        /// The reason in words.
        package let message: String

        /// Makes a reason.
        package init(code: Code, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// The release that this hop leads to.
    package let release: Release
    /// Why the plan stops here; never empty.
    package let reasons: [Reason]

    /// Makes a hop.
    package init(release: Release, reasons: [Reason]) {
        self.release = release
        self.reasons = reasons
    }
}

/// Why a plan is refused.
package struct Refusal: Error, Sendable, Hashable, Codable {
    /// The kinds of refusals. Where several apply, the first in this order is given.
    package enum Code: String, Sendable, Codable, Hashable, CaseIterable {
        /// The target, or the release that is stated to be installed, is in quarantine.
        case quarantinedRelease = "quarantined-release"
        /// The catalog does not know the target, or the release that is stated to be installed.
        case unknownRelease = "unknown-release"
        /// The target is older than the start, or its chart version is lower.
        case downgrade
        /// The target is a prerelease, and none was asked for.
        case prerelease
        /// The target needs a newer customer package.
        case packageTooOld = "package-too-old"
        /// The target needs a newer Pawl.
        case consoleTooOld = "console-too-old"
        /// No sequence of allowed hops leads to the target.
        case noPath = "no-path"
    }

    /// The kind of refusal.
    package let code: Code
    /// One sentence that names the release and the rule.
    package let message: String
    /// One sentence: what to do next.
    package let remedy: String

    /// Makes a refusal.
    package init(_ code: Code, _ message: String, remedy: String) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// The refusal as an error: the release's fault where the catalog is wrong, the operator's otherwise.
    package var trouble: Trouble {
        Trouble(code == .quarantinedRelease ? .release : .operator, code.rawValue, message, remedy: remedy)
    }
}
