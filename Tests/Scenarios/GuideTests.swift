import Foundation
import Processes
import Testing

extension Scenarios {
    /// The operator's guide does what it says: its blocks run in order, in one shell, with the exit codes it promises.
    @Test func `every block of the guide for a single VM runs as it says`() async throws {
        let guide = DemoInstallation.repository + "/docs/guide/single-vm.md"
        let blocks = GuideBlock.all(in: try String(contentsOfFile: guide, encoding: .utf8))
        #expect(blocks.count > 15, "the guide's blocks are found")
        #expect(blocks.contains { $0.exit == 3 })

        let name = "pawl-guide-" + UUID().uuidString.prefix(8).lowercased()
        let lab = "/var/tmp/" + name
        try FileManager.default.createDirectory(atPath: lab + "/bin", withIntermediateDirectories: true)
        do {
            try await run(blocks, lab: lab, project: name)
            try await removeGuide(lab: lab, project: name)
        } catch {
            try await removeGuide(lab: lab, project: name)
            throw error
        }
    }

    private func run(_ blocks: [GuideBlock], lab: String, project: String) async throws {
        try FileManager.default.createSymbolicLink(atPath: lab + "/bin/pawl", withDestinationPath: Pawl.binary)
        var script = "set -euo pipefail\nPATH=\(lab)/bin:$PATH\n"
        for (index, block) in blocks.enumerated() {
            let file = "\(lab)/block-\(index)"
            try block.text.write(toFile: file, atomically: true, encoding: .utf8)
            script += "echo \(index) >\(lab)/current\n"
            // A block that is to succeed has to in each of its lines; of another, its end counts.
            if block.exit == 0 {
                script += "source \(file) >\(file).output 2>&1\n"
            } else {
                script += "status=0; source \(file) >\(file).output 2>&1 || status=$?\n"
                script += "[[ $status -eq \(block.exit) ]]\n"
            }
        }
        try script.write(toFile: lab + "/guide.sh", atomically: true, encoding: .utf8)

        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = nil
        environment["LAB"] = lab
        environment["PROJECT"] = project
        environment["PAWL_CONFIG"] = lab + "/pawl.yaml"
        environment["PAWL_DATA_DIR"] = lab + "/data"
        let result = try await collect(
            Command(
                "bash",
                [lab + "/guide.sh"],
                environment: environment,
                workingDirectory: DemoInstallation.repository
            ),
            limit: 8 << 20,
            deadline: .seconds(1200)
        )
        guard !result.status.isSuccess else { return }
        let current = try String(contentsOfFile: lab + "/current", encoding: .utf8)
        guard let index = Int(current.trimmingCharacters(in: .whitespacesAndNewlines)), blocks.indices.contains(index)
        else { throw Failure("the guide's shell did not start: \(result.status)\n\(result.errorText)") }
        let output = try? String(contentsOfFile: "\(lab)/block-\(index).output", encoding: .utf8)
        throw Failure(
            """
            line \(blocks[index].line) of the guide, expected exit \(blocks[index].exit), shell ended: \(result.status)
            \(blocks[index].text)
            --- output
            \(output ?? "")
            \(result.errorText)
            """
        )
    }

    private func removeGuide(lab: String, project: String) async throws {
        if let pid = try? String(contentsOfFile: lab + "/data/runner.pid", encoding: .utf8), let number = Int32(pid),
            number > 1
        {
            // The number may be another program's by now.
            _ = try? await DemoInstallation.shell(
                "grep -qz -- \(lab)/data /proc/\(number)/cmdline && kill -KILL \(number)"
            )
        }
        try await DemoInstallation.shell("Demo/remove --project \(project)")
        try await DemoInstallation.shell("rm -rf \(lab)")
    }
}

/// One block of the guide that is to be run.
struct GuideBlock: Equatable {
    /// The line of its fence, counted from 1.
    let line: Int
    let exit: Int32
    let text: String

    /// The blocks fenced as `sh run` or `sh run exit=N`, in order.
    static func all(in guide: String) -> [GuideBlock] {
        var blocks: [GuideBlock] = []
        var open: (line: Int, exit: Int32, lines: [Substring])?
        for (index, line) in guide.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let block = open {
                if line == "```" {
                    let text = block.lines.joined(separator: "\n") + "\n"
                    blocks.append(GuideBlock(line: block.line, exit: block.exit, text: text))
                    open = nil
                } else {
                    open?.lines.append(line)
                }
            } else if line == "```sh run" {
                open = (index + 1, 0, [])
            } else if line.hasPrefix("```sh run exit="), let exit = Int32(line.dropFirst(15)) {
                open = (index + 1, exit, [])
            }
        }
        return blocks
    }
}
