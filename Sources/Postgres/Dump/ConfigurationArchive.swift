import Foundation
import Processes
import UpgradeModel

/// Packs the files of the configuration, and checks a packed copy against what was packed.
enum ConfigurationArchive {
    /// Packs files and folders.
    ///
    /// - Returns: what the archive holds, measured at the source.
    static func write(
        _ configuration: BackupRequest.Configuration,
        to path: String,
        log: ToolLog
    ) async throws(Trouble) -> [StoredFile] {
        for item in configuration.paths {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            guard !item.isEmpty, !item.hasPrefix("/"), !item.hasPrefix("-"), !parts.contains("..") else {
                throw Trouble(
                    .operator,
                    "configuration-path",
                    "The configuration names \(item), which does not lie in \(configuration.folder).",
                    remedy: "Name files and folders below the installation's folder."
                )
            }
            guard DurableFiles.exists("\(configuration.folder)/\(item)") else {
                throw Trouble(
                    .operator,
                    "configuration-missing",
                    "\(configuration.folder)/\(item), which belongs to the configuration, is not there.",
                    remedy: "Restore the file, or take it out of the product's list."
                )
            }
        }
        let tree = ConfigurationTree(configuration.paths, in: configuration.folder)
        if let trouble = tree.troubles.first {
            throw Trouble(
                .operator,
                "configuration-unreadable",
                "\(trouble.path) belongs to the configuration, but \(trouble.reason).",
                remedy: "Put it back, or see that Pawl may read it; remove a link that leads nowhere."
            )
        }
        let contents = try await measure(tree)
        try await Pipes.run(
            [
                Command(
                    "tar",
                    [
                        "--create", "--format=posix", "--sort=name", "--numeric-owner",
                        "--directory=\(configuration.folder)",
                    ]
                        + (tree.followsLinks ? ["--dereference", "--hard-dereference"] : [])
                        + bare(folders(above: configuration.paths, in: configuration.folder)) + ["--"]
                        + configuration.paths
                ), FilterCommands.compress,
            ],
            log: log,
            output: .path(path),
            code: "configuration-failed"
        )
        return contents
    }

    /// The folders that paths lie in, outermost first. Who owns them and may enter them is stored, so that they can be made
    /// again as they were. A link is none of them: what lies behind it is stored under its own path.
    private static func folders(above paths: [String], in folder: String) -> [String] {
        var found: [String] = []
        for path in paths {
            let parts = path.split(separator: "/").filter { $0 != "." }
            for count in 1..<max(1, parts.count) {
                let name = parts.prefix(count).joined(separator: "/")
                let facts = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                guard facts?[.type] as? FileAttributeType == .typeDirectory, !found.contains(name) else { continue }
                found.append(name)
            }
        }
        return found
    }

    /// The arguments that add folders without what is in them.
    private static func bare(_ folders: [String]) -> [String] {
        folders.isEmpty ? [] : ["--no-recursion"] + folders.map { "--add-file=\($0)" } + ["--recursion"]
    }

    /// Unpacks an archive where nobody else can look and names what is not as it was packed.
    static func differences(
        _ expected: [StoredFile],
        archive: String,
        identity: String?,
        folder: String,
        log: ToolLog
    ) async throws(Trouble) -> [FingerprintDifference] {
        try DurableFiles.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let unpack = Command(
            "tar",
            ["--extract", "--no-same-owner", "--no-same-permissions", "--keep-old-files", "--directory=\(folder)"]
        )
        func difference(_ name: String, _ aspect: FingerprintDifference.Aspect, _ detail: String = "")
            -> FingerprintDifference
        {
            FingerprintDifference(
                database: "configuration",
                kind: "file",
                name: name,
                aspect: aspect,
                detail: detail
            )
        }
        do throws(Trouble) {
            try await Pipes.run(
                FilterCommands.open(archive, identity: identity) + [unpack],
                log: log,
                input: .path(archive),
                code: "configuration-unreadable"
            )
        } catch  where error.code == "configuration-unreadable" {
            return [difference(SetLayout.configurationName, .unrestorable, error.message)]
        }
        let unpacked = try await measure(ConfigurationTree(unpackedIn: folder))
        let found = Dictionary(unpacked.map { ($0.path, $0) }) { first, _ in first }
        let wanted = Dictionary(expected.map { ($0.path, $0) }) { first, _ in first }
        return Set(found.keys).union(wanted.keys).sorted().compactMap { path in
            switch (wanted[path], found[path]) {
            case (let before?, let after?): before == after ? nil : difference(path, .value)
            case (_?, nil): difference(path, .missing)
            default: difference(path, .unexpected)
            }
        }
    }

    /// Every file. Links that are stored are what they point to says, so that a changed one is seen.
    private static func measure(_ tree: ConfigurationTree) async throws(Trouble) -> [StoredFile] {
        var files: [StoredFile] = []
        for file in tree.files {
            if let target = file.link {
                let digest = DurableFiles.sha256(Data("link \(target)".utf8))
                files.append(StoredFile(path: file.path, bytes: 0, sha256: digest))
            } else {
                files.append(try await DurableFiles.measure(file.place, as: file.path))
            }
        }
        return files
    }
}
