/// The tables of a database that have fewer rows now than in a set. An application that runs adds rows; that there are
/// fewer may be its own doing too, or that of a migration which changed rows only.
package struct RowShortfall: Sendable, Hashable {
    /// A table with fewer rows than in the set.
    package struct Table: Sendable, Hashable {
        /// Schema and name, quoted where SQL needs it.
        package var name: String
        /// How many rows it has now.
        package var present: Int64
        /// How many it has in the set.
        package var inSet: Int64

        /// Makes a value.
        package init(name: String, present: Int64, inSet: Int64) {
            self.name = name
            self.present = present
            self.inSet = inSet
        }

        /// How many rows at least are missing.
        package var missing: Int64 { max(0, inSet - present) }
    }

    /// Those that lack the most come first.
    package var tables: [Table]
    /// Why some could not be counted, in one clause; nil where all were.
    package var uncounted: String?

    /// Makes a value.
    package init(tables: [Table] = [], uncounted: String? = nil) {
        self.tables = tables
        self.uncounted = uncounted
    }
}
