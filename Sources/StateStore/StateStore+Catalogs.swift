import GRDB
package import UpgradeModel

extension StateStore {
    /// What a source said when it was last asked, and when that was; nil where it never was.
    package func catalogMemory(of source: String) throws(Trouble) -> (checkedAt: Moment, memory: CatalogMemory)? {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT checkedAt, memory FROM catalog WHERE source = ?",
                arguments: [source]
            )
            return try row.map {
                (
                    checkedAt: Moment(microseconds: try $0.decode(atIndex: 0)),
                    memory: try StoredJSON.value(CatalogMemory.self, try $0.decode(atIndex: 1))
                )
            }
        }
    }

    /// Keeps in mind what a source said.
    package func remember(_ memory: CatalogMemory, of source: String, at moment: Moment) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO catalog (source, checkedAt, memory) VALUES (?, ?, ?)",
                arguments: [source, moment.microseconds, try StoredJSON.text(memory)]
            )
        }
    }
}
