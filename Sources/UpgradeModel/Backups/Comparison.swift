/// Compares databases with their restored copies, in full. Nothing else makes a `Proof`.
package enum Comparison {
    /// One database to be proven: what it was, what became of it.
    package struct Pair: Sendable {
        /// The database's name in the product.
        package var database: String
        /// The source, in the snapshot of its dump.
        package var source: DatabaseFingerprint
        /// The restored copy.
        package var restored: DatabaseFingerprint
        /// A copy of the source's schema alone, made independently of the stored dump; nil where none was needed.
        package var reread: Reread?

        /// Makes a pair.
        package init(
            database: String,
            source: DatabaseFingerprint,
            restored: DatabaseFingerprint,
            reread: Reread? = nil
        ) {
            self.database = database
            self.source = source
            self.restored = restored
            self.reread = reread
        }
    }

    /// What the server makes of a source's own schema.
    ///
    /// It writes some expressions differently once they have been read back: `status IN ('a', 'b')` on a `varchar` is one.
    /// Such a definition is the source's where the restored one is what the server makes of it, and both are alike without
    /// their expressions. That alone would not do without the other: a dump loses some things every time.
    package struct Reread: Sendable {
        /// The objects of the copy of the schema alone.
        package var objects: [ObjectPrint]
        /// The same without expressions, of those kinds that have any.
        package var structures: [ObjectPrint]
        /// The source's own without expressions.
        package var sourceStructures: [ObjectPrint]

        /// Puts both sides together.
        package init(objects: [ObjectPrint], structures: [ObjectPrint], sourceStructures: [ObjectPrint]) {
            self.objects = objects
            self.structures = structures
            self.sourceStructures = sourceStructures
        }
    }

    /// Compares every database of a set and makes the proof that it restores.
    ///
    /// - Parameters:
    ///   - set: the set whose stored files were restored.
    ///   - pairs: every database of the set; there must be at least one.
    /// - Returns: the proof, with differences that are warnings.
    /// - Throws: `DisprovenSet` with every difference, warnings included.
    package static func prove(set: BackupSetID, pairs: [Pair]) throws(DisprovenSet) -> Proof {
        var found: [FingerprintDifference] = []
        for pair in pairs {
            found += differences(
                database: pair.database,
                source: pair.source,
                restored: pair.restored,
                reread: pair.reread,
                mayHaveMoved: true
            )
        }
        if pairs.isEmpty {
            found.append(
                FingerprintDifference(
                    database: "-",
                    kind: "set",
                    name: set.text,
                    aspect: .missing,
                    detail: "no database"
                )
            )
        }
        guard found.allSatisfy({ $0.severity == .warning }) else { throw DisprovenSet(set: set, differences: found) }
        return Proof(
            set: set,
            databases: pairs.map(\.database).sorted(),
            tables: pairs.reduce(0) { $0 + $1.restored.tables.count },
            rows: pairs.reduce(0) { $0 &+ $1.restored.rows },
            warnings: found
        )
    }

    /// Every difference between two fingerprints, by kind and name.
    ///
    /// - Parameters:
    ///   - database: the name that differences bear.
    ///   - source: what was.
    ///   - restored: what is.
    ///   - reread: see `Pair.reread`.
    ///   - mayHaveMoved: whether a sequence that moved while the source was dumped may stand anywhere on its way. Where
    ///     nothing should have written, it may not.
    /// - Returns: none where they are equal.
    package static func differences(
        database: String,
        source: DatabaseFingerprint,
        restored: DatabaseFingerprint,
        reread: Reread? = nil,
        mayHaveMoved: Bool = false
    ) -> [FingerprintDifference] {
        guard source.algorithm == restored.algorithm, source.scope == restored.scope else {
            let detail = "\(source.algorithm), \(restored.algorithm)"
            return [
                FingerprintDifference(
                    database: database,
                    kind: "fingerprint",
                    name: database,
                    aspect: .algorithm,
                    detail: detail
                )
            ]
        }
        return rows(database, source.tables, restored.tables)
            + objects(database, source.objects, restored.objects, reread, mayHaveMoved)
    }

    private static func rows(
        _ database: String,
        _ source: [TableRows],
        _ restored: [TableRows]
    ) -> [FingerprintDifference] {
        matched(source, restored, by: \.name).flatMap { name, before, after -> [FingerprintDifference] in
            func difference(_ aspect: FingerprintDifference.Aspect, _ detail: String = "") -> FingerprintDifference {
                FingerprintDifference(database: database, kind: "table", name: name, aspect: aspect, detail: detail)
            }
            // A table that is missing as an object is named once, there.
            guard let before else { return [difference(.unexpected, "its rows")] }
            guard let after else { return [difference(.missing, "\(before.rows) rows")] }
            if before.rows != after.rows {
                return [difference(.rowCount, "\(before.rows) in the source, \(after.rows) in the copy")]
            }
            return [difference(.rowContent, "\(before.rows) rows on both sides")]
        }
    }

    private static func objects(
        _ database: String,
        _ source: [ObjectPrint],
        _ restored: [ObjectPrint],
        _ reread: Reread?,
        _ mayHaveMoved: Bool
    ) -> [FingerprintDifference] {
        let readings = definitions(reread?.objects)
        let structures = (definitions(reread?.sourceStructures), definitions(reread?.structures))
        return matched(source, restored, by: \.key).flatMap { key, before, after -> [FingerprintDifference] in
            func difference(_ aspect: FingerprintDifference.Aspect, _ detail: String = "") -> FingerprintDifference {
                FingerprintDifference(
                    database: database,
                    kind: key.kind.rawValue,
                    name: key.name,
                    aspect: aspect,
                    detail: detail
                )
            }
            guard let before else { return [difference(.unexpected)] }
            guard let after else { return [difference(.missing)] }
            var found: [FingerprintDifference] = []
            if before.definition != after.definition {
                var other = difference(.definition)
                if let definition = after.definition, readings[key] == definition, let structure = structures.0[key],
                    structure == structures.1[key]
                {
                    other.isRewritten = true
                }
                found.append(other)
            }
            if before.owner != after.owner {
                found.append(difference(.owner, both(before.owner, after.owner)))
            }
            if before.grants != after.grants {
                found.append(difference(.grants, both(before.grants, after.grants)))
            }
            if before.value != after.value, !(mayHaveMoved && key.kind == .sequence && isOnTheWay(before, after)) {
                found.append(difference(.value, both(before.value, after.value)))
            }
            if before.version != after.version {
                found.append(difference(.version, both(before.version, after.version)))
            }
            return found
        }
    }

    /// Definitions by what has them; of two under one name the first counts.
    private static func definitions(_ objects: [ObjectPrint]?) -> [ObjectPrint.Key: DefinitionDigest] {
        Dictionary((objects ?? []).compactMap { object in object.definition.map { (object.key, $0) } }) { first, _ in
            first
        }
    }

    /// Whether the copy's sequence stands where the source's was at some instant of the dump.
    private static func isOnTheWay(_ source: ObjectPrint, _ copy: ObjectPrint) -> Bool {
        guard let way = source.value.flatMap(SequencePosition.init), let place = copy.value else { return false }
        return way.covers(place)
    }

    private static func both(_ before: String?, _ after: String?) -> String {
        "\(before ?? "none") in the source, \(after ?? "none") in the copy"
    }

    /// Pairs what bears the same name on both sides. Several of the same name are paired in their order, so that none
    /// hides another.
    private static func matched<Item: Hashable, Key: Hashable & Comparable>(
        _ source: [Item],
        _ restored: [Item],
        by key: (Item) -> Key
    ) -> [(Key, Item?, Item?)] {
        var pairs: [(Key, Item?, Item?)] = []
        // Only the places are sorted: the items are many.
        let before = source.indices.sorted { key(source[$0]) < key(source[$1]) }
        let after = restored.indices.sorted { key(restored[$0]) < key(restored[$1]) }
        var (left, right) = (0, 0)
        while left < before.count || right < after.count {
            let old = left < before.count ? source[before[left]] : nil
            let new = right < after.count ? restored[after[right]] : nil
            if let old, let new, key(old) == key(new) {
                if old != new { pairs.append((key(old), old, new)) }
                left += 1
                right += 1
            } else if let old, new.map({ key(old) < key($0) }) ?? true {
                pairs.append((key(old), old, nil))
                left += 1
            } else if let new {
                pairs.append((key(new), nil, new))
                right += 1
            }
        }
        return pairs
    }
}

/// The evidence that the stored files of a set restored and compared equal with their source.
///
/// Only `Comparison.prove` makes one; decoding reads back one that was journalled.
package struct Proof: Sendable, Hashable, Codable {
    /// The set that was restored.
    package let set: BackupSetID
    /// The databases that were compared, by their names in the product, sorted.
    package let databases: [String]
    /// How many tables were compared.
    package let tables: Int
    /// How many rows were compared.
    package let rows: Int64
    /// Differences that are none of the data: versions of extensions and collations, and definitions in other words.
    package let warnings: [FingerprintDifference]

    fileprivate init(
        set: BackupSetID,
        databases: [String],
        tables: Int,
        rows: Int64,
        warnings: [FingerprintDifference]
    ) {
        self.set = set
        self.databases = databases
        self.tables = tables
        self.rows = rows
        self.warnings = warnings
    }
}

/// A set whose restored copy is not like its source, or could not be made.
package struct DisprovenSet: Error, Sendable, Hashable {
    /// The set.
    package var set: BackupSetID
    /// Every difference, warnings included.
    package var differences: [FingerprintDifference]

    /// Makes the finding.
    package init(set: BackupSetID, differences: [FingerprintDifference]) {
        self.set = set
        self.differences = differences
    }

    /// The differences that fail the proof.
    package var failures: [FingerprintDifference] { differences.filter { $0.severity == .failure } }
}
