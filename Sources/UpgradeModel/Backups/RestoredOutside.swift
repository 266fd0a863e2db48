/// How Pawl is told of a set that somebody has restored outside of any run.
package enum RestoredOutside {
    /// The command, in the marks that messages put around commands; `set` is its name, or what stands for one.
    package static func command(_ set: String = "SET") -> String { "`pawl restore --backup \(set) --in-place`" }
}
