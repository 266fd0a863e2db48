/// The schema of one database as a rehearsal saw it: in the source, and in the copy before and after the migrations.
package struct RehearsedSchema: Sendable, Codable, Hashable {
    /// The database, by its name in the product.
    package var database: String
    /// The source's, in the snapshot that was copied.
    package var source: [ObjectPrint]
    /// The copy's, before the migrations.
    package var before: [ObjectPrint]
    /// The copy's, after them.
    package var after: [ObjectPrint]

    /// Puts the three together.
    package init(database: String, source: [ObjectPrint], before: [ObjectPrint], after: [ObjectPrint]) {
        self.database = database
        self.source = source
        self.before = before
        self.after = after
    }
}

/// What migrations did to a schema.
package struct SchemaChange: Sendable, Codable, Hashable {
    /// Stands for the whole schema that came out; nil where none was taken.
    package var digest: DefinitionDigest?
    /// What is new, such as `table public.orders`, sorted.
    package var added: [String]
    /// What is gone, sorted.
    package var removed: [String]
    /// What is there as before and is defined, owned or granted otherwise, sorted.
    package var changed: [String]

    /// Compares two schemas; `digest` stands for the one that came out.
    package init(from before: [ObjectPrint], to after: [ObjectPrint], digest: DefinitionDigest?) {
        self.digest = digest
        let (old, new) = (SchemaPrints(before), SchemaPrints(after))
        added = new.names.filter { old[$0].isEmpty }.map(\.text)
        removed = old.names.filter { new[$0].isEmpty }.map(\.text)
        changed = new.names.filter { !old[$0].isEmpty && old[$0] != new[$0] }.map(\.text)
    }
}

/// Says whether a real migration has come to what its rehearsal came to.
package enum SchemaAgreement {
    /// Compares the schema after a real migration with the rehearsed one.
    ///
    /// An object that neither the real migration nor the rehearsed one has touched is no difference, whatever it is:
    /// the application may have made or changed it since the rehearsal, and the server writes some definitions
    /// otherwise once a dump of them was restored.
    ///
    /// - Parameters:
    ///   - rehearsed: what the rehearsal saw.
    ///   - before: the real schema before the migrations, read as the rehearsal read its own.
    ///   - after: the real schema after them.
    /// - Returns: every object that is otherwise than rehearsed. Versions of extensions and collations do not count.
    package static func differences(
        _ rehearsed: RehearsedSchema,
        before: [ObjectPrint],
        after: [ObjectPrint]
    ) -> [FingerprintDifference] {
        let real = (before: SchemaPrints(before), after: SchemaPrints(after))
        let source = SchemaPrints(rehearsed.source)
        let copy = (before: SchemaPrints(rehearsed.before), after: SchemaPrints(rehearsed.after))
        let names = Set(real.after.names).union(copy.after.names).sorted()
        return names.compactMap { name -> FingerprintDifference? in
            let (wanted, found) = (copy.after[name], real.after[name])
            if wanted == found { return nil }
            let wasLeft = found == real.before[name] || found == source[name]
            if wasLeft, wanted == copy.before[name] { return nil }
            return FingerprintDifference(
                database: rehearsed.database,
                kind: name.kind.rawValue,
                name: name.name,
                aspect: found.isEmpty ? .missing : wanted.isEmpty ? .unexpected : .definition
            )
        }
    }

    /// One line that says what a difference is, in terms of a rehearsal.
    package static func text(_ difference: FingerprintDifference) -> String {
        let what =
            switch difference.aspect {
            case .missing: "was made by the rehearsal and is not there"
            case .unexpected: "is there and was not made by the rehearsal"
            default: "is otherwise than in the rehearsal"
            }
        return "\(difference.database): \(difference.kind) \(difference.name) \(what)"
    }
}

/// The objects of a schema by kind and name, without what is no schema: positions of sequences, versions of extensions.
private struct SchemaPrints {
    private let prints: [ObjectPrint.Key: [ObjectPrint]]

    init(_ objects: [ObjectPrint]) {
        let plain = objects.filter { $0.kind != .largeObjects }.map { object in
            var object = object
            object.value = nil
            object.version = nil
            return object
        }
        prints = Dictionary(grouping: plain, by: \.key)
    }

    var names: [ObjectPrint.Key] { prints.keys.sorted() }

    /// Several objects can bear the same name, such as functions of two signatures; their order tells nothing.
    subscript(name: ObjectPrint.Key) -> Set<ObjectPrint> { Set(prints[name] ?? []) }
}

extension ObjectPrint.Key {
    fileprivate var text: String { "\(kind.rawValue) \(name)" }
}
