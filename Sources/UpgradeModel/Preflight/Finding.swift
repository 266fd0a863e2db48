/// How a check ended.
package enum CheckOutcome: String, Sendable, Codable, Hashable, CaseIterable, Comparable {
    /// All is well.
    case pass
    /// Something to know; it does not block.
    case warn
    /// It is not as it must be.
    case fail
    /// The check itself could not be done; blocks like `fail`.
    case error

    /// Orders outcomes from good to bad.
    package static func < (one: CheckOutcome, other: CheckOutcome) -> Bool {
        one.severity < other.severity
    }

    private var severity: Int {
        switch self {
        case .pass: 0
        case .warn: 1
        case .error: 2
        case .fail: 3
        }
    }

    /// Whether an upgrade may not start with it.
    package var blocks: Bool {
        self == .fail || self == .error
    }
}

/// What a check has to say: its outcome and the words for it.
struct Verdict: Sendable, Hashable {
    let outcome: CheckOutcome
    let message: String
    let remedy: String?

    static func pass(_ message: String) -> Verdict {
        Verdict(outcome: .pass, message: message, remedy: nil)
    }

    static func warn(_ message: String, remedy: String) -> Verdict {
        Verdict(outcome: .warn, message: message, remedy: remedy)
    }

    static func fail(_ message: String, remedy: String) -> Verdict {
        Verdict(outcome: .fail, message: message, remedy: remedy)
    }

    static func error(_ message: String, remedy: String) -> Verdict {
        Verdict(outcome: .error, message: message, remedy: remedy)
    }

    /// One verdict for several things: the worst outcome, with the words of everything that is not well.
    ///
    /// - Parameters:
    ///   - verdicts: one for each thing.
    ///   - none: what to say where there is nothing to judge.
    /// - Returns: the common verdict.
    static func all(_ verdicts: [Verdict], none: Verdict) -> Verdict {
        guard let worst = verdicts.map(\.outcome).max() else {
            return none
        }
        let told = worst == .pass ? verdicts : verdicts.filter { $0.outcome != .pass }
        var remedies: [String] = []
        for remedy in told.compactMap(\.remedy) where !remedies.contains(remedy) {
            remedies.append(remedy)
        }
        return Verdict(
            outcome: worst,
            message: told.map(\.message).joined(separator: " "),
            remedy: remedies.isEmpty ? nil : remedies.joined(separator: " ")
        )
    }
}

/// What one check found.
package struct Finding: Sendable, Codable, Hashable {
    /// The check's identifier, such as `disk-space`.
    package let check: String
    /// The check's title for people.
    package let title: String
    /// How it ended.
    package let outcome: CheckOutcome
    /// What was seen, in whole sentences.
    package let message: String
    /// What to do about it, in whole sentences; nil only where all is well.
    package let remedy: String?

    /// Makes a finding.
    package init(check: String, title: String, outcome: CheckOutcome, message: String, remedy: String?) {
        self.check = check
        self.title = title
        self.outcome = outcome
        self.message = message
        self.remedy = remedy
    }

    /// Whether an upgrade may not start with it.
    package var blocking: Bool {
        outcome.blocks
    }
}
