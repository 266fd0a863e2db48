extension Check {
    /// A restore would have the rights that it needs, or it is known what somebody else has to do for it.
    static let restoreRights = Check("restore-rights", "A restore would be allowed", needs: .databases) { observation in
        eachOpenDatabase(observation, "the account's rights") { name, facts in
            let unknown = "whether the account of `\(name)` could restore it"
            let remedy = "Look at the finding “Databases can be reached”."
            return facts.missingRestoreRights.judged(unknown, remedy: remedy) { missing in
                guard missing.isEmpty else {
                    return .fail(
                        "A restore of `\(name)` would fail: \(ListText.and(missing)).",
                        remedy:
                            "Give the account of `databases.\(name)` these rights, or name an account that has them."
                    )
                }
                return facts.restoreLimits.judged(unknown, remedy: remedy) { limits in judge(limits, of: name) }
            }
        }
    }

    /// The backup is proven in a scratch cluster, which needs none of these rights, and there is a way back with them
    /// missing: it takes somebody who has them, and that is known before and not found out in need.
    private static func judge(_ limits: [RestoreLimit], of name: String) -> Verdict {
        var verdicts: [Verdict] = []
        let extensions = limits.compactMap { limit -> String? in
            guard case .extension(let name) = limit else { return nil }
            return "`\(name)`"
        }
        let way =
            "`pawl restore --backup SET --into URL --database \(name)`, which tries everything before the first row and "
            + "proves the copy; then the product's configuration is to name that database"
        if limits.contains(.databases) {
            verdicts.append(
                .warn(
                    "The account of `\(name)` may not create databases, so that neither a failed upgrade nor "
                        + "`pawl restore` alone can bring it back in its place.",
                    remedy: "Let it (`ALTER ROLE … CREATEDB`). Or have at hand who makes an empty one in need, with "
                        + "the roles of the old one on its server: `CREATE DATABASE … OWNER … TEMPLATE template0`, with the "
                        + "encoding and locale of `\(name)`. The way back is then \(way)."
                )
            )
        }
        if !extensions.isEmpty {
            verdicts.append(
                .warn(
                    "PostgreSQL itself lets only a superuser create \(ListText.and(extensions)), and the account of "
                        + "`\(name)` is none. Some servers allow it all the same; that shows when it is done.",
                    remedy: "Try it with this account, in a database of no worth: `CREATE EXTENSION`. If refused, "
                        + "a restore takes an account that may: \(way), with that account in URL."
                )
            )
        }
        return .all(verdicts, none: .pass("`\(name)` could be restored with the account that it has."))
    }
}
