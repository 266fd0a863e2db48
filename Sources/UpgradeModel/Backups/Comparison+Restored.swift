/// Proves databases that were restored beside others on a server that is in use.
extension Comparison {
    /// Compares a restored database with what its set says, in full, and makes the proof.
    ///
    /// What a restore leaves to the server is left out: the copy's temporary name, roles that the set does not know,
    /// what roles that were there before are like, what they may set, and what is set for all roles.
    ///
    /// - Parameters:
    ///   - set: the set.
    ///   - database: the database's name in the product.
    ///   - source: what the set's manifest says.
    ///   - restored: the copy, whatever its name.
    ///   - isGiven: whether the database was there, empty, before the restore; its owner and grants are then its own.
    /// - Returns: the proof, of this one database.
    /// - Throws: `DisprovenSet` with every difference, warnings included.
    package static func proveRestored(
        set: BackupSetID,
        database: String,
        source: DatabaseFingerprint,
        restored: DatabaseFingerprint,
        isGiven: Bool = false
    ) throws(DisprovenSet) -> Proof {
        let copy = restored.leavingToTheServer(what: source, isGiven: isGiven)
        return try prove(set: set, pairs: [Pair(database: database, source: source, restored: copy)])
    }

    /// Compares a database that somebody else has made, as far as it has come, with what a set says.
    ///
    /// - Parameters:
    ///   - database: the database's name in the product.
    ///   - source: what the set's manifest says.
    ///   - restored: the database, whatever its name.
    /// - Returns: every difference, warnings included; its owner and grants are its own.
    package static func differencesOfGiven(
        database: String,
        source: DatabaseFingerprint,
        restored: DatabaseFingerprint
    ) -> [FingerprintDifference] {
        differences(
            database: database,
            source: source,
            restored: restored.leavingToTheServer(what: source, isGiven: true)
        )
    }
}

extension DatabaseFingerprint {
    fileprivate func leavingToTheServer(what source: DatabaseFingerprint, isGiven: Bool) -> DatabaseFingerprint {
        let roles = Dictionary(source.objects.filter { $0.kind == .role }.map { ($0.name, $0) }) { first, _ in first }
        let database = source.objects.first { $0.kind == .database }
        var copy = self
        // Roles are taken over as the source has them, so it does not matter whether passwords could be read.
        copy.scope.passwords = source.scope.passwords
        copy.objects = objects.compactMap { object in
            switch object.kind {
            case .role: return roles[object.name]
            case .database:
                var object = object
                object.name = database?.name ?? object.name
                if isGiven {
                    object.owner = database?.owner
                    object.grants = database?.grants
                }
                return object
            default: return object.isOfServer ? nil : object
            }
        }
        copy.objects += source.objects.filter(\.isOfServer)
        return copy
    }
}
