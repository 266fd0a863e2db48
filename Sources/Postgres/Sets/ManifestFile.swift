import Foundation
import UpgradeModel

/// Reads and writes `manifest.json` and its checksum.
enum ManifestFile {
    /// The most bytes that a manifest may have: enough for a hundred thousand objects.
    static let limit = 256 << 20

    /// Writes both files durably. A reader finds the manifest as it was or as it is now, wherever this is interrupted.
    ///
    /// `witness` is told the manifest's SHA-256 before anything is put in its place. Throws `Trouble` where a file cannot
    /// be written, or what `witness` throws; the files are then as they were.
    static func write(
        _ manifest: BackupManifest,
        in folder: String,
        witness: (String) throws(Trouble) -> Void = { (_: String) throws(Trouble) in }
    ) throws(Trouble) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes: Data
        do {
            bytes = try encoder.encode(manifest)
        } catch {
            throw Trouble(
                .internal,
                "manifest",
                "A manifest cannot be written: \(error)",
                remedy: "Report this as a bug."
            )
        }
        let path = "\(folder)/\(SetLayout.manifestName)"
        let digest = DurableFiles.sha256(bytes)
        try finishInterrupted(in: folder)
        try DurableFiles.stage(bytes, for: path)
        try witness(digest)
        // The checksum first: until the manifest follows, a reader takes the one that waits under its temporary name.
        let line = "\(digest)  \(SetLayout.manifestName)\n"
        try DurableFiles.write(Data(line.utf8), to: "\(folder)/\(SetLayout.manifestDigestName)")
        try DurableFiles.adopt(path)
    }

    /// Reads a manifest and checks it against its checksum and itself.
    ///
    /// - Throws: `Trouble` that says what is wrong with it.
    static func read(in folder: String, id: BackupSetID) throws(Trouble) -> BackupManifest {
        try readWithDigest(in: folder, id: id).manifest
    }

    /// The same, with the SHA-256 of the manifest's bytes.
    static func readWithDigest(
        in folder: String,
        id: BackupSetID
    ) throws(Trouble) -> (manifest: BackupManifest, digest: String) {
        let (bytes, digest) = try agreeing(in: folder, id: id)
        let manifest = try decode(BackupManifest.self, from: bytes, id: id, format: \.format)
        try check(manifest.summary, id)
        return (manifest, digest)
    }

    /// The same without the fingerprints, which are most of a manifest: what they say is not looked at.
    static func readSummary(
        in folder: String,
        id: BackupSetID
    ) throws(Trouble) -> (summary: BackupSummary, digest: String) {
        let (bytes, digest) = try agreeing(in: folder, id: id)
        let summary = try decode(BackupSummary.self, from: bytes, id: id, format: \.format)
        try check(summary, id)
        return (summary, digest)
    }

    private static func decode<Content: Decodable>(
        _ type: Content.Type,
        from bytes: Data,
        id: BackupSetID,
        format: (Content) -> Int
    ) throws(Trouble) -> Content {
        let content = try? JSONDecoder().decode(type, from: bytes)
        // Another format may look altogether different, and still says which it is.
        let found = content.map(format) ?? (try? JSONDecoder().decode(Format.self, from: bytes))?.format
        if let found, found != BackupManifest.currentFormat {
            throw Trouble(
                .operator,
                "backup-format",
                "The backup set \(id) has format \(found); this version reads \(BackupManifest.currentFormat).",
                remedy: "Use the version of Pawl that made it, or a newer one."
            )
        }
        guard let content else { throw damaged(id, "\(SetLayout.manifestName) cannot be read") }
        return content
    }

    /// The manifest's bytes and the SHA-256 that they have and are to have.
    ///
    /// A reader changes nothing, since it may meet a writer at work: where the checksum is the one of a manifest that
    /// waits under its temporary name, that one is taken. A writer that goes on meanwhile makes for another look.
    private static func agreeing(in folder: String, id: BackupSetID) throws(Trouble) -> (bytes: Data, digest: String) {
        for name in [SetLayout.manifestName, SetLayout.manifestDigestName] {
            guard DurableFiles.exists("\(folder)/\(name)") else { throw damaged(id, "\(name) is missing") }
        }
        for _ in 0..<8 {
            let before = try digest(in: folder)
            let path = "\(folder)/\(SetLayout.manifestName)"
            let bytes = try DurableFiles.read(path, limit: limit)
            if DurableFiles.sha256(bytes) == before { return (bytes, before) }
            if let waiting = try? DurableFiles.read(DurableFiles.staged(path), limit: limit),
                DurableFiles.sha256(waiting) == before
            {
                return (waiting, before)
            }
            // Nobody is at work here where nothing has moved.
            let isStill = try digest(in: folder) == before
            if isStill, try DurableFiles.read(path, limit: limit) == bytes { break }
        }
        throw damaged(id, "\(SetLayout.manifestName) is not what \(SetLayout.manifestDigestName) says")
    }

    /// The SHA-256 that the checksum's file tells.
    private static func digest(in folder: String) throws(Trouble) -> String {
        let line = try DurableFiles.read("\(folder)/\(SetLayout.manifestDigestName)", limit: 4096)
        return String(decoding: line.prefix(64), as: UTF8.self)
    }

    /// Puts a manifest in its place whose writer was interrupted once the checksum was there. There is one writer at
    /// a time.
    private static func finishInterrupted(in folder: String) throws(Trouble) {
        let path = "\(folder)/\(SetLayout.manifestName)"
        guard let waiting = try? DurableFiles.read(DurableFiles.staged(path), limit: limit),
            let digest = try? digest(in: folder), DurableFiles.sha256(waiting) == digest
        else { return }
        try DurableFiles.adopt(path)
    }

    private struct Format: Decodable { var format: Int }

    /// What a manifest says must fit together and must not lead out of its folder.
    private static func check(_ manifest: BackupSummary, _ id: BackupSetID) throws(Trouble) {
        guard manifest.id == id else { throw damaged(id, "its manifest is that of the set \(manifest.id)") }
        guard !manifest.databases.isEmpty else { throw damaged(id, "it holds no database") }
        guard Set(manifest.databases.map(\.name)).count == manifest.databases.count else {
            throw damaged(id, "it names a database twice")
        }
        let paths = manifest.files.map(\.path)
        guard Set(paths).count == paths.count, paths.allSatisfy(isInside) else {
            throw damaged(id, "its manifest names impossible files")
        }
        for database in manifest.databases {
            guard manifest.files.contains(database.dump), paths.contains(database.globals) else {
                throw damaged(id, "its manifest does not list the files of \(database.name)")
            }
        }
        if let begun = id.time, begun != manifest.createdAt {
            throw damaged(id, "its manifest says that it was begun at \(manifest.createdAt)")
        }
    }

    private static func isInside(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return path.utf8.count <= 1024 && !path.utf8.contains(0)
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    static func damaged(_ id: BackupSetID, _ what: String) -> Trouble {
        Trouble(
            .environment,
            "backup-damaged",
            "The backup set \(id) is damaged: \(what).",
            remedy: "Use another set; check the disk that holds this one."
        )
    }
}
