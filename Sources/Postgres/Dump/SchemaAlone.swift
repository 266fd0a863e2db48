import Foundation
import UpgradeModel

/// What a database's schema is, dumped and read by itself in the snapshot of its dump. It lies beside the set until that is
/// proven: without it no definition may be other than the source's.
struct SchemaAlone: Sendable, Hashable {
    /// The file of the dump of the schema alone.
    let dump: String
    private let structuresFile: String

    /// Names the files of a database, by its name in the product, in a folder.
    init(of database: String, in folder: String) {
        dump = "\(folder)/\(database).schema.dump"
        structuresFile = "\(folder)/\(database).structures.json"
    }

    /// Whether everything of it is there.
    var isThere: Bool { DurableFiles.exists(dump) && DurableFiles.exists(structuresFile) }

    /// The source's definitions without expressions.
    func structures() throws(Trouble) -> [ObjectPrint] {
        let bytes = try DurableFiles.read(structuresFile, limit: ManifestFile.limit)
        do {
            return try JSONDecoder().decode([ObjectPrint].self, from: bytes)
        } catch {
            throw DurableFiles.failed(structuresFile, "it is not what was written there")
        }
    }

    func write(structures: [ObjectPrint]) throws(Trouble) {
        do {
            try DurableFiles.write(try JSONEncoder().encode(structures), to: structuresFile)
        } catch {
            throw Trouble(any: error)
        }
    }
}
