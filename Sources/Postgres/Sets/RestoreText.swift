import UpgradeModel

/// `RESTORE.md`: how to restore a set with nothing but its own files and everybody's tools.
enum RestoreText {
    static func text(_ manifest: BackupManifest) -> String {
        let encrypted = manifest.databases.contains(where: \.isEncrypted)
        let opening = encrypted ? "age -d -i identity.txt" : "cat"
        let helm = HelmRestoreText(manifest)
        var lines = [
            "# Restoring \(manifest.id) without Pawl", "",
            "This set holds \(manifest.origin.installation) (\(manifest.origin.product)) as release"
                + " \(manifest.release) left it on \(manifest.createdAt).",
            "Restore it together with that release: the files in `release/` are the ones that were installed.", "",
            "You need \(helm?.tools ?? "")`zstd`\(encrypted ? ", `age` with the identity of a recipient" : "") and PostgreSQL's client programs of"
                + " the same major version as the server. Commands are for one shell of its own in this folder (`bash`); it"
                + " ends at the first error.",
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
        ]
        lines += helm?.placing(opening) ?? placing(manifest, opening)
        lines += helm?.server() ?? server(manifest)
        lines += [
            "## 4. Roles", "",
            "Roles that are there already are reported, and get the attributes and passwords that they have in the set.",
            "", "```sh",
            // A server or a database may ask for it, and everything that follows writes.
            "export PGOPTIONS=\"${PGOPTIONS:-} -c default_transaction_read_only=off\"",
        ]
        let servers = Server.all(of: manifest)
        for server in servers {
            let rest = server.settings.isEmpty ? "" : " | head -n -\(server.lines)"
            lines.append("\(opening) < \(quoted(server.globals)) | zstd -dc\(rest) | psql -X -d postgres")
        }
        lines += ["```", "", "## 5. Databases", ""]
        lines += [
            "Each is made anew under its own name, with its owner, its encoding and its settings. A database of that name"
                + " must not exist: rename it first (`ALTER DATABASE … RENAME TO …`), and remove it when all is well. A"
                + " server that has just been started for the first time may have made an empty one.",
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
        lines += settings(servers.filter { !$0.settings.isEmpty }, opening)
        let last = servers.allSatisfy(\.settings.isEmpty) ? 6 : 7
        lines += helm?.starting(number: last) ?? starting(manifest, number: last)
        return lines.joined(separator: "\n")
    }

    /// A server that databases of the set come from.
    private struct Server {
        /// The file with its roles.
        var globals: String
        /// What was set for all of them, by name.
        var settings: [String]

        /// How many lines at the end of the file set that. Nothing is looked for in it: whoever may write a comment on a role,
        /// or set something for themselves, can write lines that look like these.
        var lines: Int { SettingsOfAllRoles.opening.count + settings.count }

        static func all(of manifest: BackupManifest) -> [Server] {
            var servers: [Server] = []
            for database in manifest.databases where !servers.contains(where: { $0.globals == database.globals }) {
                let settings = database.fingerprint.settingsForAllRoles.map(\.settingForAllRoles)
                servers.append(Server(globals: database.globals, settings: settings.sorted()))
            }
            return servers
        }
    }

    /// How what was set for all roles comes back: last, since every session that begins afterwards has it.
    private static func settings(_ servers: [Server], _ opening: String) -> [String] {
        guard !servers.isEmpty else { return [] }
        let names = servers.flatMap(\.settings).uniqued
        var lines = [
            "## 6. What was set for all roles", "",
            "\(names.map { "`\(oneLine($0))`" }.joined(separator: ", ")) was set by `ALTER ROLE ALL SET`. These commands set it"
                + " again, for **every role in every database of this server**: where others use it too, look at the statements"
                + " first (the same without `| psql …`), and set for the application's own roles alone what they need"
                + " (`ALTER ROLE … SET …`).",
            "",
        ]
        if names.contains(where: { $0.hasSuffix("_preload_libraries") }) {
            lines += [
                "Among them are libraries that every session loads at its beginning. They must be on this server before:"
                    + " without one of them nobody is let in but a superuser with"
                    + " `PGOPTIONS='-c session_preload_libraries= -c local_preload_libraries='`.",
                "",
            ]
        }
        lines.append("```sh")
        for server in servers {
            lines.append(
                "\(opening) < \(quoted(server.globals)) | zstd -dc | tail -n \(server.lines) |"
                    + " psql -X -v ON_ERROR_STOP=1 -d postgres"
            )
        }
        return lines + ["```", ""]
    }

    /// How configuration, keys and the release come into the installation's folder.
    private static func placing(_ manifest: BackupManifest, _ opening: String) -> [String] {
        var lines = [
            "## 2. Configuration, keys and the release", "",
            "Unpack them into the installation's folder. Without the keys the data is of no use.", "", "```sh",
        ]
        if let configuration = manifest.files.first(where: { $0.path.hasPrefix(SetLayout.configurationName) }) {
            lines.append(
                "\(opening) < \(quoted(configuration.path)) | zstd -dc | tar -x -p -f - -C /path/of/the/installation"
            )
        }
        for name in ["docker-compose.yml", ".env"] where manifest.files.contains(where: { $0.isOfRelease(name) }) {
            // Pawl makes links of them, into the folder of whatever release is current.
            lines.append("rm -f /path/of/the/installation/\(name)")
            if manifest.files.contains(where: { $0.path == "release/\(name).age" }) {
                lines.append("(umask 077; \(opening) < release/\(name).age > /path/of/the/installation/\(name))")
            } else {
                lines.append("cp -p release/\(name) /path/of/the/installation/")
            }
        }
        return lines + [
            "```", "",
            "The release's images must be those that ran; their ids are in"
                + " `release/images.json\(manifest.sealedReleaseFiles.isEmpty ? "" : ".age")` or, under `notes`, in the manifest.",
            "",
        ]
    }

    /// How a database server that is one of the release's services is started where there is none.
    private static func server(_ manifest: BackupManifest) -> [String] {
        var lines = ["## 3. The database server", ""]
        if let services = manifest.origin.notes[BackupOrigin.databaseServicesNote] {
            lines += [
                "It is one of the release's own services. Where it does not run, start it alone, and wait until it answers.",
                "Nothing else of the release may run before the data is back.", "", "```bash",
                "(cd /path/of/the/installation && docker compose\(project(manifest)) up -d --no-deps \(words(services)))",
                "```", "",
            ]
        } else {
            lines += ["Nothing of the release may run that uses it before the data is back.", ""]
        }
        return lines + [
            "`PGHOST`, `PGPORT`, `PGUSER` and `PGPASSWORD` say which server, as a superuser: `until pg_isready; do sleep 1;"
                + " done`.",
            "",
        ]
    }

    private static func starting(_ manifest: BackupManifest, number: Int) -> [String] {
        var lines = ["## \(number). Start the release that matches", ""]
        let services = manifest.origin.notes[BackupOrigin.servicesNote]
        lines += [
            services == nil
                ? "Do not start a newer release before the data has been checked."
                : "These are the services that ran, without the migrations, which the data has behind it. Do not start a"
                    + " newer release before the data has been checked.", "", "```bash",
            "(cd /path/of/the/installation && docker compose\(project(manifest)) up -d"
                + "\(services.map { " --no-deps \(words($0))" } ?? ""))",
            "(cd /path/of/the/installation && docker compose\(project(manifest)) ps)", "```", "",
            "If Pawl is used again on this installation, run \(RestoredOutside.command("\(manifest.id)")) before anything"
                + " else: until then it takes the databases for those of the newest release that it has deployed here.",
            "",
        ]
        return lines
    }

    /// Names that are separated by spaces, each quoted.
    private static func words(_ names: String) -> String {
        names.split(separator: " ").map { quoted(String($0)) }.joined(separator: " ")
    }

    /// The option that names the Compose project, where the set knows it.
    private static func project(_ manifest: BackupManifest) -> String {
        manifest.origin.notes["project"].map { " -p \(quoted($0))" } ?? ""
    }

    static func quoted(_ text: String) -> String {
        "'" + text.replacing(ascii: ["'": "'\\''"]) + "'"
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}

extension StoredFile {
    /// Whether it is this file of the release, encrypted or not.
    func isOfRelease(_ name: String) -> Bool {
        ["release/\(name)", "release/\(name).age"].contains(path)
    }
}

extension Sequence where Element: Hashable {
    /// The elements without those that came before.
    var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
