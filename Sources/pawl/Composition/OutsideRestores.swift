import Foundation
import UpgradeModel

/// What `restore --into` has brought back while a run waited: a note in the run's folder, since no row of its journal
/// tells of it, and a retry would go on over databases that are older than the run takes them for.
struct OutsideRestores: Codable {
    /// One database that was restored, wholly or in part.
    struct Entry: Codable, Equatable {
        var set: String
        var database: String
        /// Where it went, without a password.
        var into: String
        var at: String
    }

    var entries: [Entry] = []

    /// The notes of a run; none where nobody restored anything.
    ///
    /// - Throws: code `restored-outside` where there are some that cannot be read: something was restored.
    static func read(in folder: String) throws(Trouble) -> OutsideRestores {
        let path = path(in: folder)
        guard FileManager.default.fileExists(atPath: path) else { return OutsideRestores() }
        do {
            return try JSONDecoder().decode(OutsideRestores.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw Trouble(
                .environment,
                "restored-outside",
                "Something was restored by `restore --into` while this run waited, and \(path), which says what, cannot "
                    + "be read.",
                remedy: remedy("SET")
            )
        }
    }

    /// Adds a note, before the first row is restored. It is on the disk afterwards.
    static func note(_ entry: Entry, in folder: String) throws {
        // One that cannot be read says no less than this one does.
        var all = (try? read(in: folder)) ?? OutsideRestores()
        all.entries.append(entry)
        try DurableNote.write(try JSONEncoder().encode(all), to: path(in: folder))
    }

    /// Forgets them: somebody has said that nothing uses what was restored.
    ///
    /// - Throws: code `note-remains`; the run goes on all the same.
    static func forget(in folder: String) throws(Trouble) {
        let path = path(in: folder)
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw Trouble(
            .environment,
            "note-remains",
            "The run goes on, and \(path), which says what was restored meanwhile, could not be removed.",
            changed: true,
            remedy: "Remove it, or every later retry asks for `--restored-elsewhere` again."
        )
    }

    private static func path(in folder: String) -> String { folder + "/restored-outside.json" }

    /// Why the run may not simply go on; nil where nothing was restored.
    func obstacle(to release: ReleaseVersion) -> Trouble? {
        guard let newest = entries.last else { return nil }
        return Trouble(
            .operator,
            "restored-outside",
            "\(newest.database) of \(newest.set) was restored into \(newest.into) on \(newest.at), while this run waited. "
                + "If the installation is to use that database, \(release) must not go on over it: its migrations that "
                + "are done would be missing there.",
            remedy: Self.remedy(newest.set)
        )
    }

    private static func remedy(_ set: String) -> String {
        "If it is to, start the set's release and say so: \(RestoredOutside.command(set)). If it was a trial, and the "
            + "installation uses the databases that this run has changed: `pawl retry --restored-elsewhere`."
    }
}
