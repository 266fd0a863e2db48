import Foundation
import Orchestrated
import Postgres
import UpgradeModel

/// What a backup set of a Helm release holds beside the databases.
extension ClusterSite {
    func backupContent(of release: ReleaseVersion, stopped: Set<String>) async throws -> BackupContent {
        let deployment = await lookedAt()
        let state = try await deployment.observe()
        let kept = try await deployment.keepInstalled(release) { try await chart(of: release) }
        let archive = try kept.required()
        let files = [
            kept.archive(archive), kept.packageValues, kept.operatorValues, kept.manifest, kept.recordFile,
        ].filter { FileManager.default.fileExists(atPath: $0) }
        var notes = [
            HelmNotes.release: settings.release,
            HelmNotes.namespace: settings.namespace,
            HelmNotes.chart: "\(archive.chart)-\(archive.chartVersion).tgz",
        ]
        if let record = state.record { notes[HelmNotes.revision] = "\(record.revision)" }
        // A run has stopped its writers by now; how many there are to be, the chart and its values say.
        let writers = state.workloads.filter { $0.isWriter && $0.kind.isScaled }
        notes[HelmNotes.writers] = writers.map { "\($0.kind.rawValue.lowercased())/\($0.name)" }.joined(separator: " ")
        return BackupContent(
            notes: notes,
            configuration: try await configuration(),
            releaseFiles: files.map { path in
                BackupRequest.ReleaseFile(path: URL(filePath: path).lastPathComponent, source: path)
            }
        )
    }

    /// The keys without which the data is of no use, and the operator's own files, in a folder that goes with the site.
    ///
    /// - Throws: code `keys-missing` where a key has no value.
    private func configuration() async throws -> BackupRequest.Configuration {
        let variables = try await variables()
        let root = folder.path + "/configuration"
        try? FileManager.default.removeItem(atPath: root)
        try FileManager.default.createDirectory(
            atPath: "\(root)/\(ValuesPlacement.folder)",
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let missing = workplace.product.keys.filter { variables.values[$0, default: ""].isEmpty }
        guard missing.isEmpty else {
            throw Trouble(
                .operator,
                "keys-missing",
                "A backup without \(missing.joined(separator: ", ")) is of no use, and no value is known"
                    + (missing.compactMap { variables.gaps[$0] }.first.map { ": \($0)." } ?? "."),
                remedy: "Correct `orchestrated.variables` in the Product file, or put the value where it says."
            )
        }
        try DurableNote.write(
            Data(KeysFile.text(workplace.product.keys, variables.values).utf8),
            to: root + "/" + KeysFile.name
        )
        var paths = [KeysFile.name]
        for (number, path) in settings.values.enumerated() {
            let name = "\(ValuesPlacement.folder)/\(number + 1)-\(URL(filePath: path).lastPathComponent)"
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Trouble(
                    .operator,
                    "configuration-unreadable",
                    "\(path) cannot be read.",
                    remedy: "Put the file there, and let Pawl's user read it; or take it out of `values` in pawl.yaml."
                )
            }
            try DurableNote.write(data, to: "\(root)/\(name)")
            paths.append(name)
        }
        return BackupRequest.Configuration(folder: root, paths: paths)
    }
}

/// The file with the product's keys in the configuration of a set, as a shell reads it.
enum KeysFile {
    static let name = "keys.env"

    static func text(_ keys: [String], _ values: [String: String]) -> String {
        var lines = ["# The keys without which the data is of no use, as they were when this set was made."]
        for key in keys {
            let value = values[key, default: ""].replacingOccurrences(of: "'", with: "'\\''")
            lines.append("\(key)='\(value)'")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads the values that were written so, by name.
    static func read(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            if first == "#" || first == "\n" {
                rest = rest.drop { $0 != "\n" }.dropFirst()
                continue
            }
            guard let sign = rest.firstIndex(of: "=") else { break }
            let name = String(rest[..<sign])
            rest = rest[sign...].dropFirst()
            guard rest.first == "'" else { break }
            rest = rest.dropFirst()
            var value = String.UnicodeScalarView()
            while let end = rest.firstIndex(of: "'") {
                value.append(contentsOf: rest[..<end])
                rest = rest[end...].dropFirst()
                // A quote in a value ends it, stands outside, and begins it again.
                guard rest.starts(with: "\\''".unicodeScalars) else { break }
                value.append("'")
                rest = rest.dropFirst(3)
            }
            values[name] = String(value)
        }
        return values
    }

    /// The same from a file.
    ///
    /// - Throws: code `keys-missing` where it cannot be read.
    static func read(file path: String) throws(Trouble) -> [String: String] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Trouble(
                .environment,
                "keys-missing",
                "The set's configuration has no file \(name).",
                remedy: "Use another set."
            )
        }
        return read(String(decoding: data, as: UTF8.self))
    }
}
