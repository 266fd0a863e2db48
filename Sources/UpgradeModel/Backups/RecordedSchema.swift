/// Says whether a database has the schema that a set has on record, whatever its rows have become since.
package enum RecordedSchema {
    /// Compares a database in use with a set.
    ///
    /// Left out is what may go on changing in use (rows, large objects, places of sequences), what a restore leaves to the
    /// server (see `Comparison.differencesOfGiven`), and what only some accounts see.
    ///
    /// - Parameters:
    ///   - database: the database's name in the product.
    ///   - recorded: what the set's manifest says.
    ///   - present: the database's fingerprint now, of the same scope, passwords apart; rows need not be in it.
    /// - Returns: every object that is otherwise. Versions of extensions and collations do not count.
    package static func differences(
        database: String,
        recorded: DatabaseFingerprint,
        present: DatabaseFingerprint
    ) -> [FingerprintDifference] {
        Comparison.differencesOfGiven(database: database, source: recorded.schema, restored: present.schema)
            .filter { $0.severity == .failure }
    }

    /// What a difference is, in terms of a set.
    package static func text(_ difference: FingerprintDifference) -> String {
        let what =
            switch difference.aspect {
            case .missing: "is not there"
            case .unexpected: "is there and not in the set"
            case .owner: "has another owner than in the set"
            case .grants: "has other grants than in the set"
            case .algorithm: "was taken in another way, and cannot be compared"
            default: "is otherwise than in the set"
            }
        return "\(difference.kind) \(difference.name) \(what)"
    }
}

extension DatabaseFingerprint {
    /// What of it does not change by use, and is the same for every account that looks.
    fileprivate var schema: DatabaseFingerprint {
        var schema = self
        schema.tables = []
        schema.objects = objects.compactMap { object in
            var object = object
            // Whether a foreign key's own triggers are at work does not change by use.
            if object.kind != .constraint { object.value = nil }
            switch object.kind {
            case .largeObjects: return nil
            // One of an extension that says it is dumped has a place and nothing else.
            case .sequence where object.definition == nil: return nil
            // Its options, a password among them, are for its user and superusers to read.
            case .userMapping: object.definition = nil
            default: break
            }
            return object
        }
        return schema
    }
}
