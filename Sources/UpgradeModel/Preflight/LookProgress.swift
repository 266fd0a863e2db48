/// How far a look at an installation has come.
package struct LookProgress: Sendable, Hashable {
    /// What is looked at now, as in “Looking at …”.
    package var words: String
    /// How many things were looked at before this one.
    package var done: Int
    /// How many there are.
    package var all: Int

    /// Makes a value.
    package init(_ words: String, done: Int, of all: Int) {
        self.words = words
        self.done = done
        self.all = all
    }
}
