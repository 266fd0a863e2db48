/// A release that a catalog offers and that must not be deployed, with the reason.
package struct QuarantinedRelease: Sendable, Hashable {
    /// Why a release is in quarantine.
    package enum Reason: Sendable, Hashable {
        /// The version cannot be read.
        case unreadableVersion(VersionError)
        /// The date cannot be read, or is missing.
        case unreadableDate
        /// A calendar version whose year is more than one away from the year of its date.
        case implausibleYear(version: Int, released: Int)
        /// Another field cannot be read; the text says which and why.
        case unreadable(String)
        /// The same version is offered with a higher chart version, or once more with the same content.
        case superseded(by: String?)
        /// The same version and chart version are offered with different content.
        case contradiction
    }

    /// The version as published; empty where there is none.
    package let text: String
    /// The version; nil where it cannot be read.
    package let version: ReleaseVersion?
    /// The chart version; nil where there is none that can be read.
    package let chartVersion: ReleaseVersion?
    /// Why.
    package let reason: Reason
    /// Whether no path may pass it by: so it is marked, or the mark cannot be read.
    package let isRequired: Bool
    /// The deployments that it is published for; nil means all.
    package let deployments: Set<DeploymentKind>?

    /// Whether it is published for a deployment.
    package func isPublished(for deployment: DeploymentKind) -> Bool {
        deployments?.contains(deployment.publishedAs) ?? true
    }
}

extension QuarantinedRelease.Reason: CustomStringConvertible {
    /// One clause, fit to be shown to an operator.
    package var description: String {
        switch self {
        case .unreadableVersion(let error): "its version cannot be read: \(error)"
        case .unreadableDate: "its release date cannot be read"
        case .implausibleYear(let version, let released):
            "its version says \(version), but it was released in \(released)"
        case .unreadable(let what): what
        case .superseded(let chart?): "the same version is offered with the chart \(chart)"
        case .superseded(nil): "the same release is listed more than once"
        case .contradiction: "the same version and chart are offered with different content"
        }
    }
}
