@testable import Postgres
import Processes
import Testing
import UpgradeModel

struct CommandTests {
    let tools = PostgresTools(major: 15, folder: "/pg/bin")

    @Test func `a dump shares a snapshot and asks for no password`() {
        let command = DumpCommands(tools: tools, environment: ["PGPASSWORD": "canary"]).dump(snapshot: "0-1-1")
        #expect(command.executable == "/pg/bin/pg_dump")
        #expect(
            command.arguments == [
                "--format=custom", "--compress=0", "--snapshot=0-1-1", "--lock-wait-timeout=60000", "--no-password",
            ]
        )
        #expect(command.environment == ["PGPASSWORD": "canary", "TZ": "UTC"])
        #expect(!command.description.contains("canary"))
    }

    @Test func `roles come without passwords where the account may not read them`() {
        let commands = DumpCommands(tools: tools, environment: [:])
        #expect(
            commands.globals(database: "it's", passwords: false).arguments == [
                "--roles-only", #"--database=dbname='it\'s'"#, "--no-password", "--no-role-passwords",
            ]
        )
        #expect(commands.globals(database: "d", passwords: true).arguments.count == 3)
    }

    @Test func `a restore stops at the first error and makes no tablespace`() {
        let commands = RestoreCommands(tools: tools, user: nil, socket: "/s", role: "postgres")
        #expect(
            commands.content(of: "d", singleTransaction: true).arguments == [
                "--exit-on-error", "--no-tablespaces", "--no-password", "--section=pre-data", "--section=data",
                "--dbname=dbname='d'", "--single-transaction",
            ]
        )
        #expect(
            commands.rest(of: "d", jobs: 2, file: "f").arguments.suffix(3) == ["--jobs=2", "--dbname=dbname='d'", "f"]
        )
        let environment = commands.content(of: "d", singleTransaction: true).environment
        #expect(environment["PGHOST"] == "/s")
        #expect(
            environment["PGOPTIONS"]
                == "-c default_transaction_read_only=off -c local_preload_libraries= -c session_preload_libraries="
                + " -c statement_timeout=0"
        )
    }

    @Test func `a scratch server listens on no network and forces nothing to disk`() {
        let server = ScratchServer(
            tools: tools,
            user: nil,
            data: "/d",
            socket: "/s",
            bootstrapRole: "boss",
            settings: ["jit": "on"]
        )
        #expect(server.wholeSettings["listen_addresses"] == "")
        #expect(server.wholeSettings["fsync"] == "off")
        #expect(server.wholeSettings["jit"] == "on")
        // What an estimate counts for the log is what the server is told.
        #expect(server.wholeSettings["max_wal_size"] == "1024MB" && DiskEstimate.scratchLog == 1024 << 20)
        #expect(server.serve.arguments.prefix(4) == ["-D", "/d", "-k", "/s"])
        #expect(server.initialize.arguments.contains("--username=boss"))
    }

    @Test func `recipients and identities are files or public keys`() {
        #expect(FilterCommands.encrypt(to: ["age1a", "age1b"]).arguments == ["-r", "age1a", "-r", "age1b"])
        #expect(FilterCommands.open("x.zst.age", identity: "/id").map(\.name) == ["age", "zstd"])
        #expect(FilterCommands.open("x.zst", identity: nil).map(\.name) == ["zstd"])
    }

    @Test func `a listing says what was dumped and what makes the database itself`() {
        let listing = DumpListing(
            """
            ;
            ; Archive created at 2026-11-23 10:47:49 UTC
            ;     dbname: my db
            3341; 1262 16384 DATABASE - my db boss
            3342; 0 0 COMMENT - DATABASE my db boss
            3343; 0 0 DATABASE PROPERTIES - my db boss
            3344; 0 0 ACL - DATABASE my db boss
            214; 1259 16386 TABLE public DATABASE boss
            3345; 0 0 COMMENT public TABLE t boss
            """
        )
        #expect(listing.database == "my db")
        #expect(listing.createdAt == "2026-11-23 10:47:49 UTC")
        #expect(listing.databaseLines.count == 4)
    }

    @Test func `versions are read as programs say them`() {
        #expect(PostgresTools.version(in: "pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n") == "15.20")
        #expect(PostgresTools.version(in: "postgres (PostgreSQL) 18beta1") == "18beta1")
        #expect(PostgresTools.version(in: "something else") == nil)
    }

    @Test func `missing programs are named with the package that has them`() async {
        await #expect {
            try await PostgresTools.locate(major: 99)
        } throws: { error in
            guard let trouble = error as? Trouble else { return false }
            return trouble.code == "postgres-tools-missing" && trouble.remedy.contains("postgresql-99")
        }
    }

    @Test func `a full disk is told from other failures`() {
        let full = Pipes.failure("zstd", .code(1), said: "zstd: error 70: No space left on device", code: "x")
        #expect(full.code == "disk-full")
        let other = Pipes.failure(
            "pg_dump",
            .code(1),
            said: "hint\npg_dump: error: no such table\n",
            code: "dump-failed"
        )
        #expect(other.code == "dump-failed")
        #expect(other.message == "pg_dump failed (exit status 1): pg_dump: error: no such table")
    }
}
