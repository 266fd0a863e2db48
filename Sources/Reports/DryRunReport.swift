package import UpgradeModel

/// What `pawl upgrade --dry-run` prints: what would be done, how long services would stand still, what disk is needed.
package struct DryRunReport: Encodable, Sendable {
    package struct CommandRow: Encodable, Sendable {
        package var step: String
        package var hop: String
        package var argv: [String]

        /// Makes a row.
        package init(step: Step, hop: ReleaseVersion, argv: [String]) {
            self.step = step.rawValue
            self.hop = hop.description
            self.argv = argv
        }
    }

    package struct Downtime: Encodable, Sendable {
        package var low: Double
        package var high: Double

        /// Makes a range in seconds.
        package init(low: Double, high: Double) {
            self.low = low
            self.high = high
        }
    }

    package struct DiskRow: Encodable, Sendable {
        package var fileSystem: String
        package var neededBytes: Int64
        package var freeBytes: Int64

        /// Makes a row; sizes in bytes.
        package init(fileSystem: String, neededBytes: Int64, freeBytes: Int64) {
            self.fileSystem = fileSystem
            self.neededBytes = neededBytes
            self.freeBytes = freeBytes
        }
    }

    /// The backup that is made and proven before anything changes.
    package struct Backup: Encodable, Sendable {
        package struct Database: Encodable, Sendable {
            package var name: String
            /// As the server measures it; nil where it could not be asked.
            @Null package var bytes: Int64?

            /// Makes a row.
            package init(name: String, bytes: Int64?) {
                self.name = name
                self.bytes = bytes
            }
        }

        package var databases: [Database]
        /// The folder that the set goes to.
        package var directory: String

        /// Puts it together.
        package init(databases: [Database], directory: String) {
            self.databases = databases
            self.directory = directory
        }
    }

    package var plan: PlanReport
    package var preflight: PreflightDocument
    package var commands: [CommandRow]
    /// How long the whole way takes, and how much of it services stand still; nil where that is not known.
    @Null package var durationSeconds: Downtime?
    @Null package var downtimeSeconds: Downtime?
    /// Nil where it is not known which databases there are.
    @Null package var backup: Backup?
    package var disk: [DiskRow]

    /// Puts the parts together.
    package init(
        plan: PlanReport,
        preflight: PreflightDocument,
        commands: [CommandRow],
        duration: Downtime? = nil,
        downtime: Downtime?,
        backup: Backup? = nil,
        disk: [DiskRow]
    ) {
        self.plan = plan
        self.preflight = preflight
        self.commands = commands
        durationSeconds = duration
        downtimeSeconds = downtime
        self.backup = backup
        self.disk = disk
    }

    /// The dry run for a terminal.
    package var text: String {
        var lines = [plan.text, "", preflight.text, "", "These commands would run:"]
        for command in commands {
            let words = command.argv.joined(separator: " ")
            lines.append(TextLayout.wrap("  \(command.hop)  \(command.step)  \(words)", indent: 6))
        }
        lines.append("")
        if let duration = durationSeconds { lines.append("All of it takes about \(duration.words).") }
        if let downtime = downtimeSeconds {
            lines.append(
                "Services stand still for about \(downtime.words)."
            )
        } else {
            lines.append("How long services would stand still is not known: nothing was measured here yet.")
        }
        if let backup { lines.append(TextLayout.wrap("Backed up and proven before anything changes: \(backup.words)")) }
        for row in disk {
            lines.append(
                "\(row.fileSystem): \(TextLayout.size(row.neededBytes)) needed, \(TextLayout.size(row.freeBytes)) free"
            )
        }
        lines.append("Nothing was changed.")
        return lines.joined(separator: "\n")
    }
}

extension DryRunReport.Downtime {
    /// Both ends in words.
    package var words: String { "\(TextLayout.duration(low)) to \(TextLayout.duration(high))" }
}

extension DryRunReport.Backup {
    /// What is backed up, how large it is as far as that was measured, and where the set goes.
    package var words: String {
        let names = databases.map { $0.name + ($0.bytes.map { " (\(TextLayout.size($0)))" } ?? " (not measured)") }
        let sizes = databases.compactMap(\.bytes)
        let total = sizes.count > 1 ? ", \(TextLayout.size(sizes.reduce(0, +))) in all" : ""
        let what = names.isEmpty ? "no database" : names.joined(separator: ", ") + total
        return "\(what), with the configuration and the keys; the set goes to \(directory)."
    }
}
