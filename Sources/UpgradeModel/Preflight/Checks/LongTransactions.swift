extension Check {
    /// No transaction has been open for so long that a migration would wait for it.
    static let longTransactions = Check("long-transactions", "No long transactions", needs: .databases) { observation in
        eachActivity(observation, "how long transactions have been open", \.sessions) { name, sessions in
            let long = sessions.visible.filter { ($0.transactionSeconds ?? 0) >= LongTransaction.seconds }
                .sorted { ($0.transactionSeconds ?? 0) > ($1.transactionSeconds ?? 0) }
            guard !long.isEmpty else {
                return .pass(
                    "No transaction in `\(name)` has been open for \(Int(LongTransaction.seconds / 60)) minutes."
                )
            }
            let remedies = long.map { session in
                session.backend.map { "`SELECT pg_terminate_backend(\($0))`" } ?? "`ROLLBACK PREPARED`"
            }
            return .warn(
                "In `\(name)` " + ListText.and(long.map(words)) + ".",
                remedy: "A migration would wait for them. Let them end, ask whoever they belong to, or end them: "
                    + "\(ListText.and(remedies))."
            )
        }
    }

    private static func words(_ session: ObservedSession) -> String {
        let age = AgeText.words(session.transactionSeconds ?? 0)
        let tables =
            session.tables.isEmpty ? "" : " and has locked \(ListText.code(session.tables, most: 4))"
        return "\(session.text) has been open for \(age)\(tables)"
    }
}

/// When a transaction counts as long.
package enum LongTransaction {
    /// Five minutes, in seconds: what a service of a well-made product never needs.
    package static let seconds: Double = 300
}

/// Words for ages.
enum AgeText {
    /// A duration in seconds as `40 seconds`, `5 minutes`, `3 hours` or `12 days`, rounded down.
    static func words(_ seconds: Double) -> String {
        let whole = max(0, Int(clamping: Int64(seconds.isFinite ? min(seconds, 1e12) : 0)))
        for (unit, name) in [(86_400, "day"), (3600, "hour"), (60, "minute")] where whole >= unit {
            let count = whole / unit
            return "\(count) \(name)\(count == 1 ? "" : "s")"
        }
        return "\(whole) second\(whole == 1 ? "" : "s")"
    }
}
