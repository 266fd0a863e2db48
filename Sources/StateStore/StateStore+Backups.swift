import Foundation
import GRDB
package import UpgradeModel

/// What is on record about backup sets: which manifests Pawl has written itself, and for whom a set was decrypted.
///
/// A manifest lies beside its own checksum, so that whoever changes one can change the other. This record lies
/// elsewhere. Rows are only ever added, and linked as the journal's are.
extension StateStore {
    /// Puts on record that a set's manifest has this SHA-256, before the manifest is put in its place.
    package func recordManifest(_ digest: String, of set: BackupSetID, at moment: Moment) throws(Trouble) {
        try record("manifest", set.text, digest, at: moment)
    }

    /// Every SHA-256 that the manifest of a set has had by Pawl's own hand; none of a set from elsewhere.
    package func manifestDigests(of set: BackupSetID) throws(Trouble) -> Set<String> {
        try read { database in
            try String.fetchSet(
                database,
                sql: "SELECT value FROM backupRecord WHERE kind = 'manifest' AND subject = ?",
                arguments: [set.text]
            )
        }
    }

    /// The sets of which a manifest is on record, the one whose first was put there last first.
    package func recordedSets() throws(Trouble) -> [BackupSetID] {
        try read { database in
            try String.fetchAll(
                database,
                sql: "SELECT subject FROM backupRecord WHERE kind = 'manifest' GROUP BY subject ORDER BY min(id) DESC"
            ).compactMap { BackupSetID($0) }
        }
    }

    /// Puts on record that a set was decrypted with the identity of this recipient.
    package func recordDecryption(for recipient: String, of set: BackupSetID, at moment: Moment) throws(Trouble) {
        try record("recipient", recipient, set.text, at: moment)
    }

    /// The recipients for whom somebody has shown that they can decrypt.
    package func shownRecipients() throws(Trouble) -> Set<String> {
        try read { database in
            try String.fetchSet(database, sql: "SELECT subject FROM backupRecord WHERE kind = 'recipient'")
        }
    }

    private func record(_ kind: String, _ subject: String, _ value: String, at moment: Moment) throws(Trouble) {
        try write { database in
            let known = "SELECT count(*) FROM backupRecord WHERE kind = ? AND subject = ? AND value = ?"
            guard try Int.fetchOne(database, sql: known, arguments: [kind, subject, value]) == 0 else { return }
            let newest = try Self.backupRecords.newest(in: database)
            let id = (newest?.id ?? 0) + 1
            let previous = newest?.hash ?? Chain.beginning
            let columns = [String(id), String(moment.microseconds), kind, subject, value]
            let hash = Chain.hash(previous: previous, columns: columns)
            try database.execute(
                sql:
                    "INSERT INTO backupRecord (id, at, kind, subject, value, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [id, moment.microseconds, kind, subject, value, previous, hash]
            )
            try database.execute(
                sql: "INSERT OR REPLACE INTO backupHead (one, id, hash) VALUES (1, ?, ?)",
                arguments: [id, hash]
            )
        }
    }

    static let backupRecords = LinkedTable(
        name: "backupRecord",
        head: "backupHead",
        columns: ["kind", "subject", "value"]
    )

    /// Walks all records; nil where they are whole.
    static func brokenBackupRecord(in database: Database) throws -> Trouble? {
        try backupRecords.firstBroken(in: database).map { brokenRecords(at: $0) }
    }

    private static func brokenRecords(at id: Int64) -> Trouble {
        Trouble(
            .environment,
            "journal-broken",
            "Row \(id) of the records of backups is not as Pawl wrote it: the data folder was changed or damaged.",
            remedy: "Pawl only reads until this is solved. Keep a copy of the data folder, and restore it from its own "
                + "backup."
        )
    }
}
