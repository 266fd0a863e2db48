package import UpgradeModel

/// What a command prints that ends badly and has no document of its own.
package struct ErrorReport: Encodable, Sendable {
    /// The error.
    package var error: Body

    /// Whose problem it is, what was seen, whether anything changed, what to do.
    package struct Body: Encodable, Sendable {
        /// Whose problem it is.
        package var blame: Blame
        /// A stable name.
        package var code: String
        /// What was seen.
        package var message: String
        /// Whether anything was changed and not put back.
        package var changed: Bool
        /// What to do.
        package var remedy: String
    }

    /// Reports a trouble.
    package init(_ trouble: Trouble) {
        error = Body(
            blame: trouble.blame,
            code: trouble.code,
            message: trouble.message,
            changed: trouble.changed,
            remedy: trouble.remedy
        )
    }
}

/// What a program is told by the way in which `pawl` ends.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    case internalError = 1
    case usage = 2
    case refused = 3
    case needsOperator = 4
    case environment = 5
    case anotherRun = 6

    /// The status of a command that ended with this trouble.
    package init(_ trouble: Trouble) {
        self =
            if Self.anotherRunCodes.contains(trouble.code) {
                .anotherRun
            } else if trouble.code == "backup-not-proven", !trouble.changed {
                // A proof that says no is a refusal, whoever is to blame for it.
                .refused
            } else if trouble.code.hasPrefix("configuration-") || Self.usageCodes.contains(trouble.code) {
                .usage
            } else if trouble.changed {
                trouble.blame == .internal ? .internalError : .needsOperator
            } else {
                switch trouble.blame {
                case .operator, .release: .refused
                case .environment: .environment
                case .internal: .internalError
                }
            }
    }

    /// A run that has not ended stands in the way of something else.
    private static let anotherRunCodes: Set<String> = ["another-run", "another-target", "run-open"]

    /// What was asked, or where, cannot be understood at all.
    private static let usageCodes: Set<String> = [
        "usage", "certificate-unusable", "wrong-user", "data-folder-missing", "unknown-run", "unknown-backup",
        "backup-unknown",
        "product-invalid",
    ]
}

extension Trouble {
    /// The trouble in words: whose problem, what was seen, whether anything changed, what to do.
    package var text: String {
        let whose =
            switch blame {
            // Whoever has stopped it knows why.
            case .operator: code == "interrupted" ? "Stopped" : "Not possible"
            case .release: "The release is at fault"
            case .environment: "The environment is at fault"
            case .internal: "Pawl is at fault"
            }
        let change = changed ? "Something was changed." : "Nothing was changed."
        return TextLayout.wrap("\(whose): \(message)") + "\n" + TextLayout.wrap("\(change) \(remedy)")
    }
}
