/// Everything by which a database and its restored copy are told apart.
///
/// How each value comes about is written down in `docs/reference/fingerprint.md`.
package struct DatabaseFingerprint: Sendable, Hashable, Codable {
    /// The way of taking fingerprints that this code knows.
    package static let currentAlgorithm = "pawl-1"

    /// The way in which this one was taken.
    package var algorithm: String
    /// The rows of every table, partitions and inheritance children each by themselves.
    package var tables: [TableRows]
    /// Everything else.
    package var objects: [ObjectPrint]
    /// How the fingerprint of a copy must be taken so that it can be compared with this one.
    package var scope: FingerprintScope

    /// Makes a fingerprint.
    package init(
        algorithm: String = currentAlgorithm,
        tables: [TableRows] = [],
        objects: [ObjectPrint] = [],
        scope: FingerprintScope = FingerprintScope()
    ) {
        self.algorithm = algorithm
        self.tables = tables
        self.objects = objects
        self.scope = scope
    }

    /// The same as a proven copy has it, where the two may differ: definitions as the server writes what it has read
    /// back, and the place of a sequence that moved during the dump.
    package func adopting(_ copy: DatabaseFingerprint) -> DatabaseFingerprint {
        let copies = Dictionary(copy.objects.map { ($0.key, $0) }) { first, _ in first }
        var adopted = self
        for index in adopted.objects.indices {
            guard let same = copies[adopted.objects[index].key] else { continue }
            adopted.objects[index].definition = same.definition
            if same.kind == .sequence { adopted.objects[index].value = same.value }
        }
        return adopted
    }

    /// The same, where sequences moved while the database was dumped: each stands somewhere between both places.
    ///
    /// Both are where sequences stand, by name, as `42 used` or `1 unused`: `begun` before the dump began, `ended` after
    /// it was written.
    package func withSequences(movedFrom begun: [String: String], to ended: [String: String]) -> DatabaseFingerprint {
        var moved = self
        for index in moved.objects.indices where moved.objects[index].kind == .sequence {
            let name = moved.objects[index].name
            moved.objects[index].value = SequencePosition.text(from: begun[name], to: ended[name])
        }
        return moved
    }

    /// How many rows all tables have together.
    package var rows: Int64 { tables.reduce(0) { $0 &+ $1.rows } }
}

/// What a fingerprint covers where that depends on the source.
package struct FingerprintScope: Sendable, Hashable, Codable {
    /// Whether the passwords of roles are covered: only where the account may read them.
    package var passwords: Bool
    /// How many neighbouring object numbers are taken together in one value for large objects.
    package var largeObjectGroup: Int64
    /// Whether grants on everything that came with the server or an extension are covered, and on the server's parameters;
    /// nil, as in older fingerprints, is only those on tables and functions.
    package var allGrants: Bool?
    /// Which edition of the questions to the catalogs was asked; nil, as in older fingerprints, is the first.
    ///
    /// Since the second, settings for all roles are covered, and publications name their columns, not their numbers.
    package var edition: Int?

    /// The edition that new fingerprints are taken in.
    package static let currentEdition = 2

    /// Makes a scope.
    package init(
        passwords: Bool = false,
        largeObjectGroup: Int64 = 1,
        allGrants: Bool? = nil,
        edition: Int? = nil
    ) {
        self.passwords = passwords
        self.largeObjectGroup = largeObjectGroup
        self.allGrants = allGrants
        self.edition = edition
    }
}

/// How many rows a table has of its own, and what they add up to.
package struct TableRows: Sendable, Hashable {
    /// Schema and name, quoted where SQL needs it.
    package var name: String
    /// The number of rows.
    package var rows: Int64
    /// The sum of the 64-bit hashes of all rows, in decimal.
    package var sum: String

    /// Makes a value.
    package init(name: String, rows: Int64, sum: String) {
        self.name = name
        self.rows = rows
        self.sum = sum
    }
}

/// One thing in a database other than rows.
package struct ObjectPrint: Sendable, Hashable {
    /// What it is.
    package var kind: ObjectKind
    /// What it is called, without any number of this server.
    package var name: String
    /// The role that owns it; nil where its kind has no owner, or a restore does not keep it.
    package var owner: String?
    /// Who may do what, sorted; nil where its kind has no grants.
    package var grants: String?
    /// Its definition.
    package var definition: DefinitionDigest?
    /// What it holds: a sequence's position, a large object's content; of a constraint, which of its own triggers are not
    /// as they are made.
    package var value: String?
    /// The version of an extension or a collation, which may differ between machines.
    package var version: String?

    /// Makes a value.
    package init(
        kind: ObjectKind,
        name: String,
        owner: String? = nil,
        grants: String? = nil,
        definition: DefinitionDigest? = nil,
        value: String? = nil,
        version: String? = nil
    ) {
        self.kind = kind
        self.name = name
        self.owner = owner
        self.grants = grants
        self.definition = definition
        self.value = value
        self.version = version
    }
}

extension ObjectPrint {
    /// What the names of grants on parameters begin with: these are the server's and not the database's.
    package static let parameterPrefix = "parameter "

    /// What the names of settings for all roles in all databases begin with: these are the server's too.
    package static let allRolesPrefix = "all roles: "

    /// Whether it is the server's and not the database's, roles apart.
    var isOfServer: Bool {
        switch kind {
        case .systemGrants: name.hasPrefix(Self.parameterPrefix)
        case .setting: name.hasPrefix(Self.allRolesPrefix)
        default: false
        }
    }

    /// What an object is told apart by.
    struct Key: Hashable, Comparable {
        var kind: ObjectKind
        var name: String

        static func < (left: Key, right: Key) -> Bool {
            (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
        }
    }

    /// The kind and the name.
    var key: Key { Key(kind: kind, name: name) }
}
