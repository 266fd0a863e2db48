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

    package var plan: PlanReport
    package var preflight: PreflightDocument
    package var commands: [CommandRow]
    @Null package var downtimeSeconds: Downtime?
    package var disk: [DiskRow]

    /// Puts the parts together.
    package init(
        plan: PlanReport,
        preflight: PreflightDocument,
        commands: [CommandRow],
        downtime: Downtime?,
        disk: [DiskRow]
    ) {
        self.plan = plan
        self.preflight = preflight
        self.commands = commands
        downtimeSeconds = downtime
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
        if let downtime = downtimeSeconds {
            lines.append(
                "Services stand still for about \(TextLayout.duration(downtime.low)) to "
                    + "\(TextLayout.duration(downtime.high))."
            )
        } else {
            lines.append("How long services would stand still is not known: nothing was measured here yet.")
        }
        for row in disk {
            lines.append(
                "\(row.fileSystem): \(TextLayout.size(row.neededBytes)) needed, \(TextLayout.size(row.freeBytes)) free"
            )
        }
        lines.append("Nothing was changed.")
        return lines.joined(separator: "\n")
    }
}
