package import UpgradeModel

/// A backup set as reports show it.
package struct BackupReport: Encodable, Sendable {
    package struct Database: Encodable, Sendable {
        package var name: String
        package var serverVersion: String
        package var bytes: Int64
        package var dumpSeconds: Double
        package var sha256: String
    }

    package struct ProofBody: Encodable, Sendable {
        package var state: String
        @Null package var at: String?
        package var seconds: Double
        package var tables: Int
        package var rows: Int64
        package var differences: [Difference]
    }

    package struct Difference: Encodable, Sendable {
        package var database: String
        package var kind: String
        package var name: String
        package var aspect: String
        package var severity: String
        package var message: String
    }

    package var id: String
    package var createdAt: String
    package var release: String
    package var path: String
    package var bytes: Int64
    package var encrypted: Bool
    /// Which installation it says that it is of.
    package var installation: String
    /// Whether that is another one than this.
    package var foreign: Bool
    package var record: String
    /// Whether its databases are of one moment; null where nobody has noted it.
    @Null package var consistent: Bool?
    package var databases: [Database]
    package var proof: ProofBody
    /// Whether the proof stands nowhere but here.
    private var isUnnoted: Bool

    private enum CodingKeys: CodingKey {
        case id, createdAt, release, path, bytes, encrypted, installation, foreign, record, consistent, databases, proof
    }

    /// Reports a set, what Pawl's own records say of it, and whether it is another installation's. `unnoted` is a proof that
    /// was made of such a set just now; its manifest has an older one.
    package init(_ set: ListedSet, standing: SetStanding, isForeign: Bool = false, unnoted: ProofRecord? = nil) {
        let summary = set.summary
        id = summary.id.description
        createdAt = summary.createdAt.description
        release = summary.release
        path = set.path
        bytes = summary.files.bytes
        encrypted = set.isEncrypted
        installation = summary.origin.installation
        foreign = isForeign
        isUnnoted = unnoted != nil
        record = standing.rawValue
        consistent = summary.isOfOneMoment
        databases = summary.databases.map {
            Database(
                name: $0.name,
                serverVersion: $0.serverVersion,
                bytes: $0.dump.bytes,
                dumpSeconds: $0.dumpSeconds,
                sha256: $0.dump.sha256
            )
        }
        let proof = unnoted ?? summary.proof
        self.proof = ProofBody(
            state: proof.state.rawValue,
            at: proof.at?.description,
            seconds: proof.seconds,
            tables: proof.tables,
            rows: proof.rows,
            differences: proof.differences.map {
                Difference(
                    database: $0.database,
                    kind: $0.kind,
                    name: $0.name,
                    aspect: $0.aspect.rawValue,
                    severity: $0.severity.rawValue,
                    message: $0.description
                )
            }
        )
    }

    /// The set for a terminal.
    package var text: String {
        var lines = [
            "Backup \(id)", "  of release  \(release)", "  made at     \(createdAt)",
            "  size        \(TextLayout.size(bytes))",
            "  folder      \(path)", "  encrypted   \(encrypted ? "yes" : "no")", "  proof       \(proofWords)",
        ]
        if foreign {
            lines.append("  origin      " + (isUnnoted ? unnotedWords : "the installation `\(named)`, not this one"))
        } else if record == SetStanding.unknown.rawValue {
            lines.append("  origin      not on record here: copied from elsewhere, or made by an older Pawl")
        }
        if consistent == false {
            lines.append("  moment      writers went on: its databases are not of one moment")
        }
        lines += [
            "",
            TextLayout.table(
                ["DATABASE", "SERVER", "DUMP", "TOOK"],
                databases.map {
                    [$0.name, $0.serverVersion, TextLayout.size($0.bytes), TextLayout.duration($0.dumpSeconds)]
                }
            ),
        ]
        if !proof.differences.isEmpty {
            lines += [""] + proof.differences.map { TextLayout.wrap("  " + TextLayout.plain($0.message), indent: 4) }
        }
        return lines.joined(separator: "\n")
    }

    private var named: String { TextLayout.plain(installation) }

    private var unnotedWords: String {
        let outcome = proof.state == "proven" ? "proven, but it" : "it"
        return "\(outcome) belongs to the installation `\(named)`: nothing was recorded, here or in the set"
    }

    private var proofWords: String {
        switch proof.state {
        case "proven":
            "proven: restored and compared in \(TextLayout.duration(proof.seconds)), "
                + "\(proof.tables) tables, \(proof.rows) rows"
        case "failed": "FAILED: it does not restore to what it was made from"
        default: "none"
        }
    }
}

/// What `pawl backup list` prints, newest first.
package struct BackupListReport: Encodable, Sendable {
    /// Something that dead runs have left, or that is no set.
    package struct Debris: Encodable, Sendable {
        package var name: String
        package var kind: DebrisKind
        package var bytes: Int64

        /// Reports a folder, what it is, and its size in bytes.
        package init(name: String, kind: DebrisKind, bytes: Int64) {
            self.name = name
            self.kind = kind
            self.bytes = bytes
        }
    }

    /// A set that cannot be read or trusted, and why.
    package struct Damaged: Encodable, Sendable {
        package var id: String
        package var message: String
        package var remedy: String

        /// Reports what is wrong with a set.
        package init(id: BackupSetID, _ trouble: Trouble) {
            self.id = id.text
            message = trouble.message
            remedy = trouble.remedy
        }
    }

    package var backups: [BackupReport]
    package var damaged: [Damaged]
    package var debris: [Debris]

    /// Reports sets, given newest first.
    package init(_ sets: [BackupReport], damaged: [Damaged] = [], debris: [Debris]) {
        backups = sets
        self.damaged = damaged
        self.debris = debris
    }

    /// The table for a terminal.
    package var text: String {
        var text =
            backups.isEmpty
            ? damaged.isEmpty ? "There is no backup yet." : "No backup can be read and trusted."
            : TextLayout.table(
                ["BACKUP", "RELEASE", "SIZE", "DATABASES", "PROOF"],
                backups.map {
                    [
                        $0.id, $0.release, TextLayout.size($0.bytes), $0.databases.map(\.name).joined(separator: ", "),
                        $0.proof.state + ($0.consistent == false ? ", not of one moment" : ""),
                    ]
                }
            )
        for set in damaged {
            text += "\n" + TextLayout.wrap("! \(set.id): \(TextLayout.plain(set.message)) \(set.remedy)", indent: 2)
        }
        if !debris.isEmpty {
            text +=
                "\n\nDebris, no backups; removed by `pawl backup prune`:\n"
                + debris.map { "  \($0.name)\n      \(TextLayout.size($0.bytes)), \($0.kind.words)" }
                .joined(separator: "\n")
        }
        return text
    }
}

/// What `pawl backup verify` prints of several sets.
package struct VerifiedReport: Encodable, Sendable {
    package var backups: [BackupReport]

    /// Reports sets in the order in which they were asked for.
    package init(backups: [BackupReport]) { self.backups = backups }

    /// Each set for a terminal.
    package var text: String { backups.map(\.text).joined(separator: "\n\n") }
}
