import Glibc
import Processes
import Testing

struct ToolLogTests {
    @Test func `a log that nobody writes to is not held`() async throws {
        try await withScratchFolder { folder in
            let log = ToolLog(path: "\(folder)/log")
            #expect(try !log.isHeld)
            _ = try await run(Command("true"), log: log)
            #expect(try await eventually { try !log.isHeld && log.holders.isEmpty })
        }
    }

    @Test func `a log is held while its tool lives, and nothing is started beside it`() async throws {
        try await withScratchFolder { folder in
            let log = ToolLog(path: "\(folder)/log")
            let task = Task { try await run(Command("sleep", ["600"]), log: log) }
            let holds = try await eventually { try log.isHeld && !log.holders.isEmpty }
            #expect(holds)
            await #expect(throws: ProcessFailure.logHeld(path: log.path)) { try await run(Command("true"), log: log) }
            task.cancel()
            _ = try? await task.value
            // Another test's child may hold the descriptor between its clone and its exec.
            #expect(try await eventually { try !log.isHeld })
        }
    }

    /// A shell stands for the runner: it takes the lock, starts a tool on the same open file, and is killed.
    @Test func `a killed runner leaves the lock with its living tool, which a later one finds and ends`() async throws {
        try await withScratchFolder { folder in
            let log = ToolLog(path: "\(folder)/log")
            let script = """
                exec 9>>\(log.path)
                flock -x -n 9 || exit 1
                setsid sh -c 'echo $$ > \(folder)/tool; sleep 600 & wait' >&9 2>&9 9>&- </dev/null &
                echo $$ > \(folder)/runner
                wait
                """
            let runner = Task { try await collect(Command("sh", ["-c", script]), deadline: .seconds(60)) }
            #expect(try await eventually { access("\(folder)/tool", F_OK) == 0 })
            #expect(try await eventually { access("\(folder)/runner", F_OK) == 0 })
            let pid = try #require(Int32(try await text(of: "\(folder)/runner").dropLast()))
            #expect(kill(pid, SIGKILL) == 0)
            #expect(try await runner.value.status == .signal(SIGKILL))

            #expect(try log.isHeld)
            #expect(log.holders.count >= 1)
            try await log.endHolders(grace: .seconds(5))
            #expect(try await eventually { try !log.isHeld && log.holders.isEmpty })
        }
    }

    @Test func `a process is told from a later one with its number by when it started`() async throws {
        let own = try #require(ProcessIdentity.current)
        #expect(own.isAlive)
        #expect(!ProcessIdentity(pid: own.pid, startTime: own.startTime &+ 1).isAlive)
        #expect(ProcessIdentity(pid: 0) == nil)
    }

    @Test func `a log that is a link is refused`() async throws {
        try await withScratchFolder { folder in
            _ = try await collect(Command("ln", ["-s", "/etc/passwd", "\(folder)/log"]))
            await #expect(throws: ProcessFailure.self) {
                try await run(Command("true"), log: ToolLog(path: "\(folder)/log"))
            }
        }
    }
}
