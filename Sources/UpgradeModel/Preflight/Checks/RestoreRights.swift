extension Check {
    /// A restore would have the rights that it needs.
    static let restoreRights = Check("restore-rights", "A restore would be allowed") { observation in
        eachOpenDatabase(observation, "the account's rights") { name, facts in
            facts.missingRestoreRights.judged(
                "whether the account of `\(name)` could restore it",
                remedy: "Look at the finding “Databases can be reached”."
            ) { missing in
                guard missing.isEmpty else {
                    return .fail(
                        "A restore of `\(name)` would fail: \(ListText.and(missing)).",
                        remedy:
                            "Give the account of `databases.\(name)` these rights, or name an account that has them."
                    )
                }
                return .pass("`\(name)` could be restored with the account that it has.")
            }
        }
    }
}
