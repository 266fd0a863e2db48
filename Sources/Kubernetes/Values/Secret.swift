/// Something that must never be shown: a token, a password, a key.
package struct Secret: Sendable, Hashable {
    /// What it is. Only what sends it asks for it.
    package let revealed: String

    /// Takes a secret.
    package init(_ text: String) {
        revealed = text
    }
}

extension Secret: CustomStringConvertible, CustomReflectable {
    /// That there is one.
    package var description: String { "(withheld)" }
    /// Nothing: what prints every field would print the secret.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The text without the secrets.
func withheld(_ secrets: [Secret], in text: String) -> String {
    secrets.filter { $0.revealed.count >= 4 }.reduce(text) { $0.replacing($1.revealed, with: "(withheld)") }
}
