package import UpgradeModel

/// The databases of a simulated installation, and what a restore does to them.
package struct SimulatedRestore: Hashable, Sendable {
    package enum Copy: Hashable, Sendable { case partial, restored }

    /// What ran when a restore began.
    package struct Record: Hashable, Sendable {
        package var release: ReleaseVersion
        package var writers: SimulatedWorld.Writers
        package var restartPolicyTaken: Bool
        package var healthy: Bool
    }

    /// The databases of every set, and one that no set has.
    package static let databases = ["demo", "ai"]
    package static let extra = ["extra"]

    /// The release that each database belongs to, by its name.
    package var present: [String: ReleaseVersion]
    /// Restored databases that are not in use.
    package var copies: [String: Copy] = [:]
    /// Databases that have their dated name.
    package var aside: Set<String> = []
    package var isClosed = false
    /// The set that lies unpacked, by its release; nil where none does. There is one place for all restores of a run, so
    /// that whoever takes something from it must look whose it is.
    package var ground: ReleaseVersion?
    package var isUnderway = false
    /// The records of what ran, by their names; like the files that they stand for, they stay.
    package var records: [String: Record] = [:]
    /// The release that the configuration in place belongs to.
    package var configuration: ReleaseVersion
    /// Whether somebody has restored the databases outside of any run.
    package var isFromOutside = false

    init(running release: ReleaseVersion) {
        present = Dictionary(uniqueKeysWithValues: (Self.databases + Self.extra).map { ($0, release) })
        configuration = release
    }

    /// Whether some databases are renamed and others not.
    package var isMixed: Bool {
        let wanted = Set(Self.databases)
        let isUntouched = aside.isEmpty && Set(present.keys) == wanted.union(Self.extra)
        let isComplete = Set(present.keys) == wanted && aside == wanted.union(Self.extra)
        return !isUntouched && !isComplete
    }

    /// A restore is over, and what was unpacked for it is removed.
    package mutating func end() {
        isUnderway = false
        ground = nil
    }

    mutating func replaceOutside(with release: ReleaseVersion) {
        for name in present.keys { present[name] = release }
        configuration = release
        isFromOutside = true
    }

    mutating func migrate(to release: ReleaseVersion) {
        for name in present.keys { present[name] = release }
    }

    mutating func begin(_ effect: Effect) {
        switch effect.kind {
        case .checkRestore:
            isUnderway = true
            ground = nil
        case .restoreDatabase: copies[effect.subject ?? ""] = .partial
        case .closeDatabases: isClosed = true
        case .discardRestored: isClosed = false
        default: break
        }
    }

    mutating func finish(_ effect: Effect) {
        begin(effect)
        let name = effect.subject ?? ""
        switch effect.kind {
        case .checkRestore, .unpackSet: ground = effect.target
        case .restoreDatabase: copies[name] = .restored
        case .setAside: if present.removeValue(forKey: name) != nil { aside.insert(name) }
        case .bringIn: if copies.removeValue(forKey: name) != nil { present[name] = effect.target }
        case .replaceConfiguration:
            // Unpacked again where it is another set's.
            if ground != effect.target { ground = effect.target }
            configuration = ground ?? configuration
        case .discardRestored: copies = [:]
        default: break
        }
    }

    func probe(_ effect: Effect) -> Probe {
        let name = effect.subject ?? ""
        let isDone =
            switch effect.kind {
            case .unpackSet: ground == effect.target
            case .restoreDatabase: copies[name] == .restored
            case .setAside: present[name] == nil
            case .bringIn: present[name] != nil && copies[name] == nil
            case .replaceConfiguration: ground == effect.target && configuration == ground
            case .discardRestored: copies.isEmpty && !isClosed
            default: false
            }
        return isDone ? .done(.done) : .notStarted
    }
}
