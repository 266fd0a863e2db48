package import UpgradeModel

/// An installation as simple as can be that still has everything an effect can change.
///
/// Performing an effect here is what it is in reality: it looks at what is there and makes the difference.
package struct SimulatedWorld: Hashable, Sendable {
    package enum Writers: Hashable, Sendable { case running, stopped, removed }
    package enum BackupSet: Hashable, Sendable { case none, partial, complete, proven, published }
    package enum Migration: Hashable, Sendable { case absent, running, succeeded, failed }

    /// The release whose services the writers are.
    package var release: ReleaseVersion
    package var writers = Writers.running
    package var restartPolicyTaken = false
    package var recorded = false
    package var kept = false
    package var set = BackupSet.none
    package var current: ReleaseVersion
    /// By effect identity, as containers are named after it.
    package var migrations: [String: Migration] = [:]
    /// How often a migration container was started, by the same name.
    package var starts: [String: Int] = [:]
    /// The newest release of which any migration was started.
    package var newestMigrated: ReleaseVersion?
    package var healthy: Bool
    /// What a restore changes.
    package var restore: SimulatedRestore

    package init(running release: ReleaseVersion) {
        restore = SimulatedRestore(running: release)
        self.release = release
        current = release
        healthy = true
    }

    /// How an attempt at an effect may end, apart from the runner's death.
    package enum Ending: Hashable, CaseIterable { case success, failureAtOnce, failureHalfway }

    /// What an operator does who restores a set outside of any run and starts its release.
    package mutating func restoreOutside(to release: ReleaseVersion) {
        restore.replaceOutside(with: release)
        self.release = release
        current = release
        writers = .running
        restartPolicyTaken = false
        healthy = true
        newestMigrated = nil
    }

    /// Whether it is as somebody leaves it who has restored a set of the release.
    package func isRestored(to release: ReleaseVersion) -> Bool {
        self.release == release && current == release && writers == .running
            && SimulatedRestore.databases.allSatisfy { restore.present[$0] == release }
    }

    /// The first half of an effect: what a crash in the middle leaves behind.
    package mutating func begin(_ effect: Effect) {
        switch effect.kind {
        case .stopWriters: restartPolicyTaken = true
        case .dump: set = .partial
        case .removeWriters, .removeFailed: writers = .stopped
        case .migrate: startMigration(effect)
        case .start:
            release = effect.target
            writers = .stopped
            restartPolicyTaken = false
        case .putBack where restore.isUnderway:
            // Without a record nothing was touched.
            if let record = restore.records[effect.writersRecord(restoring: true)] {
                restartPolicyTaken = record.restartPolicyTaken
            }
        case .putBack: restartPolicyTaken = false
        case .checkRestore, .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside,
            .bringIn, .replaceConfiguration, .discardRestored, .confirmRestored:
            restore.begin(effect)
        case .check, .checkReplacement, .keepInstalled, .stage, .rehearse, .recordWriters, .confirmUnchanged, .prove,
            .publish,
            .switchRelease,
            .awaitHealth, .cleanUp, .discardBackup:
            break
        }
    }

    private mutating func startMigration(_ effect: Effect) {
        // The Engine refuses a second container of the same name, and a finished one is not started again.
        guard migrations[effect.identity] == nil else { return }
        migrations[effect.identity] = .running
        starts[effect.identity, default: 0] += 1
        newestMigrated = max(newestMigrated ?? effect.target, effect.target)
        restore.migrate(to: effect.target)
    }

    /// The whole effect; `from` is the release before the hop.
    package mutating func finish(_ effect: Effect, from: ReleaseVersion, migrations services: [String]) {
        begin(effect)
        switch effect.kind {
        case .check, .checkReplacement, .stage, .rehearse, .confirmUnchanged, .cleanUp: break
        case .keepInstalled: kept = true
        case .recordWriters where restore.isUnderway:
            // A record that is there already is kept.
            let name = effect.writersRecord(restoring: true)
            guard restore.records[name] == nil else { break }
            restore.records[name] = SimulatedRestore.Record(
                release: release,
                writers: writers,
                restartPolicyTaken: restartPolicyTaken,
                healthy: healthy
            )
        case .recordWriters: recorded = true
        case .stopWriters: if writers == .running { writers = .stopped }
        case .dump: set = .complete
        case .prove: set = .proven
        case .publish: set = .published
        case .removeWriters, .removeFailed:
            writers = .removed
            healthy = false
        case .switchRelease: current = effect.target
        case .migrate: if migrations[effect.identity] == .running { migrations[effect.identity] = .succeeded }
        case .start: writers = .running
        case .awaitHealth: healthy = true
        case .putBack where restore.isUnderway:
            guard let record = restore.records[effect.writersRecord(restoring: true)] else { break }
            // A restore removes no writers before its point of no return. Those that are gone are made anew of the
            // release that the record says.
            if writers == .removed, record.writers != .removed { release = record.release }
            writers = record.writers
            healthy = record.healthy
        case .putBack:
            writers = .running
            release = from
            current = from
            healthy = true
        case .discardBackup: if set != .published { set = .none }
        case .checkRestore, .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside,
            .bringIn, .replaceConfiguration, .discardRestored, .confirmRestored:
            restore.finish(effect)
            if effect.kind == .setAside { newestMigrated = nil }
        }
    }

    package mutating func fail(_ effect: Effect) {
        begin(effect)
        if effect.kind == .migrate, migrations[effect.identity] == .running { migrations[effect.identity] = .failed }
    }

    /// What reality says about an effect; reads only.
    package func probe(_ effect: Effect, backup: BackupSetID?, proof: Proof) -> Probe {
        switch effect.kind {
        case .check, .checkReplacement, .stage, .rehearse, .confirmUnchanged, .cleanUp, .awaitHealth: .notStarted
        case .keepInstalled: kept ? .done(.done) : .notStarted
        case .recordWriters where restore.isUnderway:
            restore.records[effect.writersRecord(restoring: true)] != nil ? .done(.done) : .notStarted
        case .recordWriters: recorded ? .done(.done) : .notStarted
        case .stopWriters: writers != .running ? .done(.done) : .notStarted
        case .dump:
            set == .complete ? .done(.dumped(proof.set)) : set == .partial ? .underway(evidence: "") : .notStarted
        case .prove: set == .proven ? .done(.proven(proof)) : .notStarted
        case .publish: set == .published ? .done(.done) : .notStarted
        case .removeWriters, .removeFailed: writers == .removed ? .done(.done) : .notStarted
        case .switchRelease: current == effect.target ? .done(.done) : .notStarted
        case .migrate:
            switch migrations[effect.identity] ?? .absent {
            case .absent: .notStarted
            case .running: .underway(evidence: "it runs")
            case .succeeded: .done(.done)
            case .failed: .failed(Trouble(.release, "migration-failed", "", changed: true, remedy: ""))
            }
        case .start: writers == .running && release == effect.target ? .done(.done) : .notStarted
        case .putBack: isPutBack(effect) ? .done(.done) : .notStarted
        case .discardBackup: set == .none || set == .published ? .done(.done) : .notStarted
        case .checkRestore, .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside,
            .bringIn, .replaceConfiguration, .discardRestored, .confirmRestored:
            restore.probe(effect)
        }
    }

    private func isPutBack(_ effect: Effect) -> Bool {
        guard restore.isUnderway else { return writers == .running && !restartPolicyTaken }
        guard let record = restore.records[effect.writersRecord(restoring: true)] else { return true }
        return writers == record.writers && restartPolicyTaken == record.restartPolicyTaken
    }
}
