import ArgumentParser
import UpgradeModel

/// A version as an operator types it.
struct VersionArgument: ExpressibleByArgument {
    let version: ReleaseVersion

    init?(argument: String) {
        guard let version = try? ReleaseVersion(argument) else { return nil }
        self.version = version
    }
}

/// A kind of deployment as an operator types it.
struct DeploymentArgument: ExpressibleByArgument {
    let kind: DeploymentKind

    init?(argument: String) {
        guard let kind = DeploymentKind(rawValue: argument) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { DeploymentKind.allCases.map(\.rawValue) }
}

extension SupportPolicy {
    /// What counts where no product says otherwise: twelve months.
    static var year: SupportPolicy {
        guard let policy = SupportPolicy(months: 12) else { preconditionFailure("twelve months are a support window") }
        return policy
    }
}

extension PawlVersion {
    /// The same, to be compared.
    static var value: ReleaseVersion {
        guard let version = try? ReleaseVersion(current) else { preconditionFailure("Pawl's own version is one") }
        return version
    }
}
