import Foundation
import Processes
import Testing

/// Restores of real installations: the drill, the way back of a failed upgrade, an empty machine.
extension Scenarios {
    /// The sets of an installation, newest first.
    private func sets(_ demo: Demo) async throws -> [String] {
        let backups = try await demo.pawl("backup", "list", "-o", "json")
        let sets = try #require(backups["backups"] as? [[String: Any]], "\(backups)")
        return sets.compactMap { $0["id"] as? String }
    }

    @Test
    func
        `the drill: after an upgrade and damage, the databases of the moment before come back, and it goes forward again`()
        async throws
    {
        try await Demo.with(ai: true) { demo in
            let before = try await (demo.hashes(), demo.hashes(database: "aiproxy"))
            let upgrade = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(upgrade.exit == 0, "\(upgrade)")
            let first = try #require(try await sets(demo).last)
            #expect(first.hasSuffix(Demo.first))
            _ = try await demo.psql("DELETE FROM order_lines; DROP TABLE customer_notes CASCADE")
            _ = try await demo.psql(
                "CREATE TABLE afterwards AS SELECT generate_series(1, 20) AS n; ALTER TABLE afterwards OWNER TO demo"
            )

            let stranger = try await beside(demo, "metabase", oneOff: false)
            let refused = try await demo.pawl("restore", "--backup", first, "-o", "json")
            #expect(refused.exit == 3, "without a terminal nobody agrees: \(refused)")
            #expect(refused.errors.contains("public.afterwards"), "what would be lost is said before: \(refused)")
            #expect(refused.errors.contains("metabase"), "so is what nothing could bring back: \(refused)")
            let restore = try await demo.pawl("restore", "--backup", first, "--yes", "-o", "json")
            #expect(restore.exit == 0, "\(restore)")
            #expect(restore.text("state") == "restored")
            #expect(restore.text("kind") == "restore")
            #expect(try await (demo.hashes(), demo.hashes(database: "aiproxy")) == before)
            #expect(try await demo.health().contains(Demo.first))
            #expect(try await Demo.shell("docker ps -aq --no-trunc").contains(stranger) == false)
            let status = try await demo.pawl("status", "-o", "json")
            #expect(status.text("installed", "version") == Demo.first, "\(status)")
            #expect(status.text("highWaterMark") == Demo.first)
            #expect(status["drift"] == nil)
            let kept = try #require(restore["replaced"] as? [String])
            #expect(kept.count == 2 && kept.allSatisfy { $0.contains("_before_") })
            #expect(try await demo.psql("SELECT count(*) FROM afterwards", database: kept[0]) == "20")

            let again = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(again.exit == 0, "\(again)")
            #expect(try await demo.health().contains(Demo.newest))
            let history = try await demo.pawl("history", "-o", "json")
            #expect(
                (history["runs"] as? [[String: Any]])?.compactMap { $0["kind"] as? String } == [
                    "upgrade", "restore", "upgrade",
                ]
            )
        }
    }

    @Test func `an upgrade whose migration fails ends by a restore of the set from before it`() async throws {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let before = try await demo.hashes()
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.failing, "--yes", "-o", "json")
            #expect(upgrade.exit == 4, "\(upgrade)")
            #expect(upgrade["choices"] as? [String] == ["retry", "restore"])
            let set = try #require(upgrade.text("backup"))
            let details = try await demo.pawl("details")
            #expect(details.output.contains("pawl restore --backup \(set)"), "\(details)")
            try await restoresInto(demo, set)
            try await refuses(demo, set)
            // The folder is damaged: nobody can carry out a retry, and none stands in the way of the restore.
            try await Demo.shell("rm \(demo.directory)/customer.env \(demo.directory)/.env")
            // What went into the given database was a trial.
            let retry = try await demo.pawl("retry", "--restored-elsewhere", "-o", "json")
            #expect(retry.exit == 4 && retry.text("state") == "needs-operator", "\(retry)")
            // One that still runs, as after an interruption, would migrate what is restored.
            let migration = try await beside(demo, "migrations", "--label pawl.migration=migrations")
            let restore = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
            #expect(restore.exit == 0, "\(restore)")
            #expect(restore.text("state") == "restored")
            #expect(restore.text("id") == upgrade.text("id"), "the run that waited is the one that ends")
            #expect(try await demo.health().contains(Demo.newest))
            #expect(try await demo.hashes() == before)
            let running = try await Demo.shell("docker inspect --format '{{.State.Running}}' \(migration)")
            #expect(running.hasPrefix("false"), "the restore has stopped it")
            try await Demo.shell("docker rm -f \(migration)")
            let status = try await demo.pawl("status", "-o", "json")
            #expect(status["run"] == nil && status.text("highWaterMark") == Demo.newest, "\(status)")
            let again = try await demo.pawl("upgrade", "--to", Demo.fixed, "--yes", "-o", "json")
            #expect(again.exit == 0, "\(again)")
        }
    }

    /// Starts a container of a service, as `run` does or as `up` does, and gives its id.
    private func beside(
        _ demo: Demo,
        _ service: String,
        _ labels: String = "",
        oneOff: Bool = true
    ) async throws -> String {
        let project = "com.docker.compose.project=\(demo.project)"
        return try await Demo.shell(
            """
            image=$(docker inspect --format '{{.Config.Image}}' \
              $(docker ps -q --filter label=\(project) --filter label=com.docker.compose.service=database))
            docker run -d --label \(project) --label com.docker.compose.service=\(service) \
              --label com.docker.compose.oneoff=\(oneOff ? "True" : "False") \(labels) --entrypoint sleep $image 3600
            """
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A restore is refused while somebody works beside it, where the set's configuration means another database, and where
    /// the server stands still.
    private func refuses(_ demo: Demo, _ set: String) async throws {
        let other = try await beside(demo, "worker")
        let beside = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
        #expect(beside.exit == 3 && failed(beside) == ["restore-others"], "\(beside)")
        try await Demo.shell("docker rm -f \(other)")
        let variables = demo.directory + "/.env"
        try await Demo.shell("cp -L \(variables) \(demo.root)/kept.env")
        try await Demo.shell("sed -i --follow-symlinks 's/^DB_NAME=.*/DB_NAME=elsewhere/' \(variables)")
        let elsewhere = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
        #expect(elsewhere.exit == 3 && failed(elsewhere) == ["restore-address"], "\(elsewhere)")
        try await Demo.shell("cat \(demo.root)/kept.env > \(variables)")
        // A server that stands still cannot be asked what it would lose.
        let filters =
            "--filter label=com.docker.compose.project=\(demo.project) "
            + "--filter label=com.docker.compose.service=database"
        try await Demo.shell("docker stop $(docker ps -q \(filters))")
        let still = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
        #expect(still.exit == 3 && failed(still) == ["restore-servers"], "\(still)")
        try await Demo.shell("docker start $(docker ps -aq \(filters))")
        _ = try await demo.event(containing: "1", within: .seconds(60)) { (try? await demo.psql("SELECT 1")) ?? "" }
    }

    /// The checks that failed.
    func failed(_ answer: Pawl.Answer) -> [String] {
        let findings = answer["findings"] as? [[String: Any]] ?? []
        return findings.filter { $0["outcome"] as? String == "fail" }.compactMap { $0["check"] as? String }
    }

    /// Makes a set beside running services.
    private func backUp(_ demo: Demo) async throws -> String {
        let created = try await demo.pawl("backup", "create", "-o", "json")
        #expect(created.exit == 0, "\(created)")
        return try #require(try await sets(demo).first)
    }

    /// An empty database that somebody has made gets the set's rows; nothing else changes.
    func restoresInto(_ demo: Demo, _ set: String) async throws {
        _ = try await demo.psql("CREATE DATABASE spare OWNER demo TEMPLATE template0", database: "postgres")
        let address = try await Demo.shell(
            "docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "
                + "$(docker ps -q --filter label=com.docker.compose.project=\(demo.project) "
                + "--filter label=com.docker.compose.service=database)"
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let into = "postgres://demo@\(address)/spare"
        let answer = try await demo.pawl("restore", "--backup", set, "--into", into, "--yes", "-o", "json")
        #expect(answer.exit == 0, "\(answer)")
        #expect(answer.text("database") == "demo")
        #expect(answer.text("waiting") != nil, "it is said that a run waits: \(answer)")
        let again = try await demo.pawl("restore", "--backup", set, "--into", into, "--yes", "-o", "json")
        #expect(again.exit == 3 && again.text("error", "code") == "database-not-empty", "\(again)")
    }

    /// Renaming a database waits as long as somebody comments on it.
    private func hold(_ database: String, _ demo: Demo) async throws -> Task<Void, Never> {
        let holder = Task {
            _ = try? await demo.psql(
                "BEGIN; COMMENT ON DATABASE \(database) IS 'held'; SELECT pg_sleep(600); COMMIT",
                database: "postgres"
            )
        }
        _ = try await demo.event(containing: "pg_sleep", within: .seconds(30)) {
            try await demo.psql(
                "SELECT query FROM pg_stat_activity WHERE query LIKE '%sleep(600)%' AND pid <> pg_backend_pid()"
            )
        }
        return holder
    }

    @Test(arguments: ["restore-database:demo", "set-aside:aiproxy", "await-health"])
    func `a restore that is killed is resumed to the same end`(effect: String) async throws {
        try await Demo.with(ai: true) { demo in
            let before = try await (demo.hashes(), demo.hashes(database: "aiproxy"))
            let set = try await backUp(demo)
            _ = try await demo.psql("DELETE FROM order_lines")
            let holder = try await hold("aiproxy", demo)
            let started = try await demo.pawl("restore", "--backup", set, "--yes", "--detach", "-o", "json")
            #expect(started.exit == 0, "\(started)")
            let run = try #require(started.text("id"))
            if effect == "await-health" { try await release(demo) }
            try await demo.kill(run: run, during: effect)
            try await release(demo)
            _ = await holder.value
            // As after a reboot, when nothing starts the containers again.
            if effect != "await-health" { try await stopDatabase(demo) }
            let resumed = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(resumed.exit == 0, "\(resumed)")
            #expect(resumed.text("id") == run && resumed.text("state") == "restored", "\(resumed)")
            #expect(try await (demo.hashes(), demo.hashes(database: "aiproxy")) == before)
            #expect(try await demo.health().contains(Demo.first))
        }
    }

    @Test func `a restore that is given up while its database server stands still leaves nothing on it`() async throws {
        try await Demo.with(ai: true) { demo in
            let before = try await (demo.hashes(), demo.hashes(database: "aiproxy"))
            let set = try await backUp(demo)
            // So that it comes no further than to its copies.
            let holder = try await hold("aiproxy", demo)
            let started = try await demo.pawl("restore", "--backup", set, "--yes", "--detach", "-o", "json")
            #expect(started.exit == 0, "\(started)")
            let databases = "SELECT string_agg(datname, ' ') FROM pg_database"
            _ = try await demo.event(containing: "demo_rest", within: .seconds(120)) {
                try await demo.psql(databases, database: "postgres")
            }
            try await Demo.shell("kill -KILL \(try await demo.runner())")
            try await release(demo)
            _ = await holder.value
            try await stopDatabase(demo)
            let abort = try await demo.pawl("abort", "-o", "json")
            #expect(abort.exit == 0 && abort.text("state") == "aborted", "\(abort)")
            #expect(try await !demo.psql(databases, database: "postgres").contains("_rest"))
            #expect(try await (demo.hashes(), demo.hashes(database: "aiproxy")) == before)
            #expect(try await demo.health().contains(Demo.first))
        }
    }

    @Test func `whoever has only the set, Docker and everybody's tools gets the installation back, without Pawl`()
        async throws
    {
        try await Demo.with(ai: true) { demo in
            let before = try await (demo.hashes(), demo.hashes(database: "aiproxy"))
            let migrations = try await demo.migrationRuns()
            // The set that an upgrade makes, with its writers stopped, is the one that will be needed.
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.required, "--yes", "-o", "json")
            let set = try #require(upgrade.text("backup"), "\(upgrade)")
            try await Demo.shell("Demo/remove --project \(demo.project) --directory \(demo.directory)")
            try await Demo.shell("rm -rf \(demo.data) \(demo.root)/pawl.yaml && mkdir \(demo.directory)")
            let folder = "\(demo.root)/backups/\(set)"
            let text = try String(contentsOfFile: folder + "/RESTORE.md", encoding: .utf8)
            var blocks: [String] = []
            for part in text.components(separatedBy: "\n```").dropFirst() {
                guard let word = ["sh\n", "bash\n"].first(where: part.hasPrefix) else { continue }
                blocks.append(
                    part.dropFirst(word.count).replacing("/path/of/the/installation", with: demo.directory) + "\n"
                )
            }
            try #require(blocks.count == 6, "\(text)")
            // What the text leaves to its reader: who the server is, and that its own empty database makes room.
            let reader = """
                PGHOST=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' \
                    $(docker ps -q --filter label=com.docker.compose.project=\(demo.project)))
                export PGHOST PGUSER=$(sed -n 's/^DB_USER=//p' \(demo.directory)/.env)
                export PGPASSWORD=$(sed -n 's/^DB_PASSWORD=//p' \(demo.directory)/.env)
                until pg_isready -q; do sleep 1; done
                psql -XAtq -d postgres -c 'ALTER DATABASE demo RENAME TO demo_empty'

                """
            let script = blocks[0...2].joined() + reader + blocks[3...].joined()
            try script.write(toFile: demo.root + "/by-hand.sh", atomically: true, encoding: .utf8)
            // These tools, and nothing else, are to be had.
            try await Demo.shell(
                """
                mkdir \(demo.root)/tools && cd \(demo.root)/tools
                for tool in bash cat cp rm sed sha256sum sleep tar zstd docker; do
                    ln -s $(command -v $tool) .
                done
                ln -s /usr/lib/postgresql/15/bin/{psql,pg_restore,pg_isready} .
                # The plugin, where only the older program is there.
                if ! docker compose version >/dev/null 2>&1; then
                    rm docker
                    printf '#!%s\\nif [[ $1 == compose ]]; then exec %s "${@:2}"; fi\\nexec %s "$@"\\n' \
                        $(command -v bash) $(command -v docker-compose) $(command -v docker) >docker
                    chmod 755 docker
                fi
                cd \(folder) && env -i PATH=\(demo.root)/tools HOME=\(demo.root) \
                    ${DOCKER_HOST:+DOCKER_HOST=$DOCKER_HOST} bash \(demo.root)/by-hand.sh >&2
                """,
                deadline: .seconds(300)
            )
            #expect(try await (demo.hashes(), demo.hashes(database: "aiproxy")) == before)
            _ = try await demo.event(containing: Demo.first, within: .seconds(120)) { try await demo.health() }
            #expect(try await demo.migrationRuns() == migrations, "no migration was started")
        }
    }

    private func stopDatabase(_ demo: Demo) async throws {
        try await Demo.shell(
            "docker stop $(docker ps -q --filter label=com.docker.compose.project=\(demo.project) "
                + "--filter label=com.docker.compose.service=database)"
        )
    }

    /// Lets the renaming go on.
    private func release(_ demo: Demo) async throws {
        _ = try await demo.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%sleep(600)%' AND pid <> pg_backend_pid()",
            database: "postgres"
        )
    }

    @Test func `a database that the set does not have is set aside with the others`() async throws {
        try await Demo.with { demo in
            let set = try await backUp(demo)
            // AI features are turned on since; their database is there.
            let files = "\(demo.directory)/customer.env \(demo.directory)/.env"
            try await Demo.shell(
                "sed -i --follow-symlinks 's/^AI_FEATURES_ENABLED=.*/AI_FEATURES_ENABLED=true/' \(files)"
            )
            _ = try await demo.psql("CREATE DATABASE aiproxy OWNER demo", database: "postgres")
            _ = try await demo.psql("CREATE TABLE later AS SELECT 1 AS n", database: "aiproxy")
            let restore = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
            #expect(restore.exit == 0, "\(restore)")
            let kept = try #require(restore["replaced"] as? [String])
            #expect(kept.count == 2, "\(kept)")
            let aside = try #require(kept.first { $0.hasPrefix("aiproxy_before_") })
            #expect(try await demo.psql("SELECT n FROM later", database: aside) == "1")
            let left = "SELECT count(*) FROM pg_database WHERE datname = 'aiproxy'"
            #expect(try await demo.psql(left, database: "postgres") == "0")
            #expect(try await Demo.shell("cat \(files)").contains("AI_FEATURES_ENABLED=true") == false)
            #expect(try await demo.health().contains(Demo.first))
        }
    }

    @Test func `on an empty machine a set, the Product file and the configuration are enough`() async throws {
        try await Demo.with(ai: true) { demo in
            let before = try await (demo.hashes(), demo.hashes(database: "aiproxy"))
            let set = try await backUp(demo)
            let port = try await Demo.shell("sed -n 's/^ROUTER_PORT=//p' \(demo.directory)/customer.env")
            // Everything goes: containers, volumes, networks, the installation's folder, what Pawl knows.
            try await Demo.shell("Demo/remove --project \(demo.project) --directory \(demo.directory)")
            try await Demo.shell("rm -rf \(demo.data)")
            let restore = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
            #expect(restore.exit == 0, "\(restore)")
            #expect(restore.text("state") == "restored")
            #expect(try await Demo.shell("sed -n 's/^ROUTER_PORT=//p' \(demo.directory)/customer.env") == port)
            #expect(try await demo.health().contains(Demo.first))
            #expect(try await (demo.hashes(), demo.hashes(database: "aiproxy")) == before)
            let upgrade = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(upgrade.exit == 0, "\(upgrade)")
            #expect(try await demo.health().contains(Demo.newest))
        }
    }
}
