import Foundation
import Processes
import Testing

/// What an operator meets on a bad day: everything is refused or reported in words that help, and nothing is lost.
extension Scenarios {
    /// Asks Pawl for something that cannot be, by a person and by a program, and looks whether both are told why.
    private func refused(
        _ demo: Demo,
        _ arguments: [String],
        exit: Int32,
        mentions words: [String],
        location: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await demo.pawl.run(arguments)
        #expect(answer.exit == exit, "\(arguments): \(answer)", sourceLocation: location)
        let said = (answer.output + answer.errors).replacing("\n", with: " ")
        for word in words { #expect(said.contains(word), "\(arguments): \(answer)", sourceLocation: location) }
        #expect(!said.contains("NSError") && !said.contains("Error Domain"), "\(answer)", sourceLocation: location)
        let lines = (answer.output + "\n" + answer.errors).split(separator: "\n")
        for line in lines where line.count > 80 && !line.contains("/") {
            Issue.record("wider than 80 columns: \(line)", sourceLocation: location)
        }
        let document = try await demo.pawl.run(arguments + ["-o", "json"])
        #expect(document.exit == exit, "\(arguments): \(document)", sourceLocation: location)
        let json = try? JSONSerialization.jsonObject(with: Data(document.output.utf8))
        #expect(json is [String: Any], "one document: \(document)", sourceLocation: location)
    }

    @Test func `what is published badly is refused before anything is touched, and the publisher is blamed`()
        async throws
    {
        try await Demo.with { demo in
            let source = demo.root + "/releases"
            try await Demo.shell("cp -r \(Demo.releases) \(source) && rm -rf \(source)/test")
            try await Demo.shell("sed -i 's|file://[^\"]*|file://\(source)|' \(demo.root)/pawl.yaml")
            let (containers, hashes) = (try await demo.containers(), try await demo.hashes())
            let catalog = source + "/catalog.json"
            let good = try String(contentsOfFile: catalog, encoding: .utf8)
            #expect(try await demo.pawl("check").exit == 0)

            for (name, bad) in [
                ("truncated", String(good.prefix(good.count / 2))), ("no JSON", "<html>502 Bad Gateway</html>"),
                ("a bomb", String(repeating: "[", count: 100_000)), ("empty", ""),
            ] {
                try bad.write(toFile: catalog, atomically: true, encoding: .utf8)
                try await refused(demo, ["check"], exit: 3, mentions: ["catalog.json", "Nothing was changed"])
                let upgrade = try await demo.pawl("upgrade", "--yes")
                #expect(upgrade.exit == 3, "\(name): \(upgrade)")
            }
            let foreign = good.replacing("\"product\": \"demo\"", with: "\"product\": \"other\"")
            try foreign.write(toFile: catalog, atomically: true, encoding: .utf8)
            try await refused(demo, ["check"], exit: 3, mentions: ["releases of other", "pawl.yaml"])
            try await refused(demo, ["upgrade", "--yes"], exit: 3, mentions: ["releases of other"])
            let older = good.replacing("\"generatedAt\": \"2026", with: "\"generatedAt\": \"2025")
            try older.write(toFile: catalog, atomically: true, encoding: .utf8)
            try await refused(demo, ["check"], exit: 3, mentions: ["has been seen", "Nothing was changed"])
            try FileManager.default.removeItem(atPath: catalog)
            try await refused(demo, ["check"], exit: 5, mentions: ["catalog.json"])
            try good.write(toFile: catalog, atomically: true, encoding: .utf8)

            let package = "\(source)/\(Demo.required).tar.gz"
            let whole = try Data(contentsOf: URL(filePath: package))
            var flipped = whole
            flipped[flipped.count / 2] ^= 1
            for bytes in [flipped, whole.dropLast(10)] {
                try Data(bytes).write(to: URL(filePath: package))
                try await refused(demo, ["preflight"], exit: 3, mentions: ["\(Demo.required) is not as it must be"])
                try await refused(
                    demo,
                    ["upgrade", "--yes"],
                    exit: 3,
                    mentions: ["\(Demo.required) is not as it must be"]
                )
            }
            try whole.write(to: URL(filePath: package))

            try await publishWithoutImage(in: source)
            try await refused(demo, ["upgrade", "--yes"], exit: 3, mentions: ["no-such-image"])
            #expect(try await demo.containers() == containers)
            #expect(try await demo.hashes() == hashes)
        }
    }

    /// Makes a release of whose images one is nowhere to be had.
    private func publishWithoutImage(in source: String) async throws {
        try await Demo.shell(
            """
            cd \(source) && mkdir broken && tar -xzf \(Demo.required).tar.gz -C broken
            sed -i 's|pawl-demo/worker:\(Demo.required)|pawl-demo/no-such-image:1|' broken/docker-compose.yml broken/release.yaml
            sed -E -i -e 's|^version: .*|version: 2026.4.14|' \
                -e 's|(no-such-image:1": "sha256:).{8}|\\100000000|' broken/release.yaml
            tar -czf \(Demo.required).tar.gz -C broken . && rm -r broken
            python3 - <<'END'
            import hashlib, json
            catalog = json.load(open("catalog.json"))
            entry = next(r for r in catalog["releases"] if r["version"] == "\(Demo.required)")
            data = open("\(Demo.required).tar.gz", "rb").read()
            entry["package"].update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
            entry["version"] = "2026.4.14"
            entry["package"]["path"] = "2026.4.14.tar.gz"
            catalog["generatedAt"] = "2026-11-10T12:00:00Z"
            json.dump(catalog, open("catalog.json", "w"))
            END
            mv \(Demo.required).tar.gz 2026.4.14.tar.gz
            """
        )
    }

    @Test func `what is wrong around an installation is said before anything stops`() async throws {
        try await Demo.with { demo in
            let containers = try await demo.containers()
            let configuration = demo.root + "/pawl.yaml"
            let written = try String(contentsOfFile: configuration, encoding: .utf8)
            let lines = written.split(separator: "\n", omittingEmptySubsequences: false).count
            try (written + "backupz: {}\n").write(toFile: configuration, atomically: true, encoding: .utf8)
            try await refused(demo, ["status"], exit: 2, mentions: ["backupz", "pawl.yaml:\(lines)"])
            try written.write(toFile: configuration, atomically: true, encoding: .utf8)

            try await wrongPassword(demo)
            try await databaseDown(demo)
            try await engineDown(demo)
            try await noRoom(demo, configuration, written)
            #expect(try await demo.containers().contains(containers.split(separator: "\n")[0]))
            #expect(try await demo.pawl("preflight").exit == 0, "after all that, everything is as it was")
            try await anotherUser(demo)
            try await brokenJournal(demo)
            try await newerDataFolder(demo)
            #expect(try await demo.health().contains(Demo.required))
        }
    }

    private func wrongPassword(_ demo: Demo) async throws {
        let files = "\(demo.directory)/.env \(demo.directory)/customer.env"
        try await Demo.shell("sed -i.kept 's/^DB_PASSWORD=.*/DB_PASSWORD=wrong/' \(files)")
        try await refused(demo, ["preflight"], exit: 3, mentions: ["password", "demo"])
        try await refused(demo, ["upgrade", "--yes"], exit: 3, mentions: ["password"])
        try await refused(demo, ["backup", "create"], exit: 3, mentions: ["password"])
        try await Demo.shell("for file in \(files); do mv $file.kept $file; done")
    }

    private func databaseDown(_ demo: Demo) async throws {
        let database =
            "$(docker ps -aq --filter label=com.docker.compose.project=\(demo.project) "
            + "--filter label=com.docker.compose.service=database)"
        try await Demo.shell("docker stop \(database)")
        try await refused(demo, ["preflight"], exit: 3, mentions: ["database"])
        try await refused(demo, ["upgrade", "--yes"], exit: 3, mentions: ["database"])
        try await Demo.shell("docker start \(database)")
        _ = try await demo.event(containing: "\"outcome\" : \"pass\"", within: .seconds(60)) {
            try await demo.pawl("preflight", "-o", "json").output.contains("\"fail\"") ? "" : "\"outcome\" : \"pass\""
        }
    }

    private func engineDown(_ demo: Demo) async throws {
        var environment = demo.pawl.environment
        environment["DOCKER_HOST"] = "unix://\(demo.root)/nobody.sock"
        let away = Pawl(environment: environment)
        let status = try await away("status")
        #expect(status.exit == 0 && status.output.contains("Docker"), "what is known is shown: \(status)")
        for arguments in [["preflight"], ["upgrade", "--yes"], ["backup", "create"]] {
            let answer = try await away.run(arguments)
            #expect(answer.exit == 5, "\(arguments): \(answer)")
            #expect(answer.errors.contains("Docker"), "\(answer)")
            #expect(answer.errors.contains("Nothing was changed"), "\(answer)")
        }
    }

    private func noRoom(_ demo: Demo, _ configuration: String, _ written: String) async throws {
        let small = demo.root + "/small"
        try await Demo.shell("mkdir \(small) && mount -t tmpfs -o size=64k,mode=700 tmpfs \(small)")
        do {
            try written.replacing("\(demo.root)/backups", with: small)
                .write(toFile: configuration, atomically: true, encoding: .utf8)
            try await refused(demo, ["preflight"], exit: 3, mentions: ["free"])
            try await refused(demo, ["upgrade", "--yes"], exit: 3, mentions: ["free"])
            try await refused(demo, ["backup", "create"], exit: 5, mentions: ["needed", "must remain"])
        } catch {
            try await Demo.shell("umount \(small)")
            throw error
        }
        #expect(try await Demo.shell("find \(small) -type f").isEmpty, "what was begun is taken away")
        try await Demo.shell("umount \(small)")
        try written.write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    private func anotherUser(_ demo: Demo) async throws {
        let copy = demo.root + "/pawl"
        try await Demo.shell("install -m 755 \(Pawl.binary) \(copy) && chmod a+r \(demo.root)/pawl.yaml")
        let result = try await collect(
            Command("setpriv", ["--reuid=65534", "--clear-groups", copy, "status"], environment: demo.pawl.environment)
        )
        #expect(result.status == .code(2), "\(result.errorText)")
        #expect(result.errorText.contains("belongs to"), "\(result.errorText)")
    }

    private func brokenJournal(_ demo: Demo) async throws {
        let upgrade = try await demo.pawl("upgrade", "--to", Demo.required, "--yes")
        #expect(upgrade.exit == 0, "\(upgrade)")
        try await Demo.shell("mkdir \(demo.root)/kept && cp \(demo.data)/pawl.sqlite* \(demo.root)/kept")
        try await sqlite(
            demo,
            "DROP TRIGGER journal_is_for_good_1; UPDATE journal SET at = at + 1 WHERE id = 3"
        )
        let status = try await demo.pawl("status")
        #expect(status.exit == 0, "reading goes on: \(status)")
        #expect((status.output + status.errors).contains("journal"), "\(status)")
        try await refused(demo, ["upgrade", "--yes"], exit: 5, mentions: ["journal", "Nothing was changed"])
        try await refused(demo, ["backup", "create"], exit: 5, mentions: ["journal"])
        try await Demo.shell("rm \(demo.data)/pawl.sqlite*; cp \(demo.root)/kept/* \(demo.data)")
        #expect(try await demo.pawl("plan", "--to", Demo.first).exit == 3, "and all is well again")
    }

    private func newerDataFolder(_ demo: Demo) async throws {
        try await sqlite(demo, "INSERT INTO grdb_migrations (identifier) VALUES ('999 from the future')")
        for arguments in [["status"], ["upgrade", "--yes"], ["backup", "create"], ["details"]] {
            let answer = try await demo.pawl.run(arguments)
            #expect(answer.exit == 3, "\(arguments): \(answer)")
            #expect(answer.errors.contains("newer Pawl"), "\(answer)")
        }
        try await sqlite(demo, "DELETE FROM grdb_migrations WHERE identifier LIKE '999%'")
    }

    private func sqlite(_ demo: Demo, _ sql: String) async throws {
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()"
        let done = try await collect(Command("python3", ["-c", script, demo.data + "/pawl.sqlite", sql]))
        guard done.status.isSuccess else { throw Failure(done.errorText) }
    }

    @Test(arguments: ["INT", "HUP", "TERM"])
    func `a signal ends who watches, and the run goes on`(signal: String) async throws {
        try await Demo.with(Demo.required) { demo in
            let watcher = Task { try await demo.pawl("upgrade", "--yes") }
            let run = try await demo.begun(by: watcher)
            try await demo.waitFor(run: run, effect: "dump")
            // The watcher is the process with the configuration in its environment and `upgrade` in its command line.
            try await Demo.shell(
                """
                for pid in $(pgrep -f -- 'pawl upgrade --yes'); do
                    if tr '\\0' '\\n' </proc/$pid/environ | grep -qx 'PAWL_DATA_DIR=\(demo.data)'; then
                        kill -\(signal) $pid
                    fi
                done
                """
            )
            let answer = try await watcher.value
            #expect(answer.exit == 0, "\(answer)")
            #expect(answer.errors.contains(run), "it says which run goes on: \(answer)")
            let followed = try await demo.pawl("details", "--follow")
            #expect(followed.exit == 0, "\(followed)")
            #expect(try await demo.health().contains(Demo.newest))
        }
    }
}
