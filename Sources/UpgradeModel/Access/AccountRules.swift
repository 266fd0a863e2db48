/// Rules about several accounts at once.
package enum AccountRules {
    /// Why an account may not become what it would be, among all accounts as they are; nil where it may.
    ///
    /// Once there is an admin there always is one: `wish` is the account as it would be, nil where it would be gone.
    package static func objection(to wish: Account?, of name: AccountName, among accounts: [Account]) -> Trouble? {
        guard let before = accounts.first(where: { $0.name == name }), before.role == .admin else { return nil }
        let others = accounts.contains { $0.name != name && $0.role == .admin }
        guard !others, wish?.role != .admin else { return nil }
        return Trouble(
            .operator,
            "last-admin",
            "\(name) is the only admin; without one nobody could manage this console.",
            remedy: "Make somebody else an admin first."
        )
    }

    /// Why no account of a name may be added where there is one.
    package static func taken(_ name: AccountName) -> Trouble {
        Trouble(
            .operator,
            "account-exists",
            "There is an account \(name) already.",
            remedy: "Choose another name, or change that account."
        )
    }
}
