/// Rows of one table that are there now and would not be after a restore.
package struct LostRows: Sendable, Hashable, Codable {
    /// Schema and name, quoted where SQL needs it.
    package var table: String
    /// How many rows it has now.
    package var present: Int64
    /// How many it has in the set; 0 where the set has no such table.
    package var inSet: Int64

    /// Makes a value.
    package init(table: String, present: Int64, inSet: Int64) {
        self.table = table
        self.present = present
        self.inSet = inSet
    }

    /// How many rows at least would be lost. Rows that were changed are not counted.
    package var lost: Int64 { max(0, present - inSet) }
}
