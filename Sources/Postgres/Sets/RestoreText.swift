import UpgradeModel

/// `RESTORE.md`: how to restore a set with nothing but its own files and everybody's tools.
enum RestoreText {
    static func text(_ manifest: BackupManifest) -> String {
        let encrypted = manifest.databases.contains(where: \.isEncrypted)
        let opening = encrypted ? "age -d -i identity.txt" : "cat"
        var lines = [
            "# Restoring \(manifest.id) without Pawl", "",
            "This set holds \(manifest.origin.installation) (\(manifest.origin.product)) as release"
                + " \(manifest.release) left it on \(manifest.createdAt).",
            "Restore it together with that release: the files in `release/` are the ones that were installed.", "",
            "You need `zstd`\(encrypted ? ", `age` with the identity of a recipient" : "") and PostgreSQL's client programs of"
                + " the same major version as the server. Commands are for one shell of its own in this folder (`bash`); it"
                + " ends at the first error. `PGHOST`, `PGPORT`, `PGUSER` and `PGPASSWORD` say which server, as a superuser.",
            "",
            "## 1. Check the files", "", "```sh", "set -e",
            "if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi", "sha256sum -c manifest.sha256",
        ]
        lines += manifest.files.filter { $0.path != SetLayout.restoreName }.map { file in
            "echo \(quoted("\(file.sha256)  \(file.path)")) | sha256sum -c"
        }
        lines += [
            "```", "",
            "Where only `manifest.json` fails, a `manifest.json.new` was not yet put in its place: rename it to that.",
            "",
            "## 2. Roles", "",
        ]
        lines += [
            "Roles that are there already are reported, and get the attributes and passwords that they have in the set.",
            "",
        ]
        lines += ["```sh"]
        for globals in manifest.databases.map(\.globals).uniqued {
            lines.append("\(opening) < \(quoted(globals)) | zstd -dc | psql -X -d postgres")
        }
        lines += ["```", "", "## 3. Databases", ""]
        lines += [
            "Each is made anew under its own name, with its owner, its encoding and its settings. A database of that name"
                + " must not exist: rename it first (`ALTER DATABASE … RENAME TO …`), and remove it when all is well.",
            "",
            "```sh",
        ]
        for database in manifest.databases {
            lines.append("# \(oneLine(database.name)): PostgreSQL \(oneLine(database.serverVersion))")
            lines.append(
                "\(opening) < \(quoted(database.dump.path)) | zstd -dc |"
                    + " pg_restore --create --exit-on-error --no-tablespaces -d postgres"
            )
        }
        lines += ["```", ""]
        if let configuration = manifest.files.first(where: { $0.path.hasPrefix(SetLayout.configurationName) }) {
            lines += [
                "## 4. Configuration and keys", "",
                "Without the keys in it the data is of no use. Unpack it into the installation's folder.", "", "```sh",
                "\(opening) < \(quoted(configuration.path)) | zstd -dc | tar -x -p -f - -C /path/of/the/installation",
                "```", "",
            ]
        }
        lines += [
            "## 5. Start the release that matches", "",
            "Use the files in `release/`. Do not start a newer release before the data has been checked.", "",
        ]
        let sealed = manifest.sealedReleaseFiles
        if !sealed.isEmpty {
            lines += [
                "They are encrypted. This puts those that Compose needs in their place.", "", "```sh", "umask 077",
            ]
            lines += ["docker-compose.yml", ".env"].map { name in
                "\(opening) < release/\(name).age > /path/of/the/installation/\(name)"
            }
            lines += ["```", ""]
        }
        lines += ["```bash"]
        if sealed.isEmpty { lines += ["cp -p release/docker-compose.yml release/.env /path/of/the/installation/"] }
        lines += [
            "cd /path/of/the/installation",
            "docker compose\(project(manifest)) up -d", "docker compose\(project(manifest)) ps", "```", "",
            "Its images must be those that ran; their ids are in"
                + " `release/images.json\(sealed.isEmpty ? "" : ".age")` or, under `notes`, in the manifest.",
            "",
        ]
        return lines.joined(separator: "\n")
    }

    /// The option that names the Compose project, where the set knows it.
    private static func project(_ manifest: BackupManifest) -> String {
        manifest.origin.notes["project"].map { " -p \(quoted($0))" } ?? ""
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}

extension Sequence where Element: Hashable {
    /// The elements without those that came before.
    var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
