/// A line of the audit trail: who did what to what, when, from where, and how it ended.
package struct AuditEntry: Sendable, Hashable {
    /// How far it came.
    package enum Outcome: String, Sendable, Hashable, CaseIterable, Codable {
        /// It is about to be tried. Without a later line its end is not known.
        case asked
        case done
        /// A rule said no; nothing was tried.
        case refused
        case failed
    }

    /// Position in the trail, from 1; 0 before it is written.
    package var id: Int64
    /// When.
    package var at: Moment
    /// Who: an account, one with `(token NAME)`, or `-` where nobody had signed in.
    package let actor: String
    /// The address.
    package let address: String
    /// What, such as `sign-in`, `upgrade`, `user-added`.
    package let action: String
    /// Of what, such as a run, a set, an account; may be empty.
    package let subject: String
    /// How it ended.
    package var outcome: Outcome

    /// Whether nothing said no and nothing went wrong.
    package var succeeded: Bool { outcome == .asked || outcome == .done }

    /// Puts an entry together. Of what others have typed, characters that could pass for another line or another column
    /// are replaced, and no more than 200 are kept, of the subject no more than 1000.
    package init(
        id: Int64 = 0,
        at: Moment,
        actor: String,
        address: String,
        action: String,
        subject: String,
        outcome: Outcome
    ) {
        self.id = id
        self.at = at
        self.actor = Self.plain(actor)
        self.address = Self.plain(address)
        self.action = Self.plain(action)
        self.subject = Self.plain(subject, most: 1000)
        self.outcome = outcome
    }

    /// Some text as one line of at most so many visible characters; where some are left out it ends with `…`.
    package static func plain(_ text: String, most: Int = 200) -> String {
        var scalars = String.UnicodeScalarView()
        let isCut = text.unicodeScalars.dropFirst(most).first != nil
        for scalar in text.unicodeScalars.prefix(isCut ? most - 1 : most) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                scalars.append("\u{FFFD}")
            default: scalars.append(scalar)
            }
        }
        if isCut { scalars.append("…") }
        return String(scalars)
    }
}
