import Glibc
import Processes
import Testing

struct RunTests {
    @Test func `output and errors are in the log, after what was there`() async throws {
        try await withScratchFolder { folder in
            let log = ToolLog(path: "\(folder)/log")
            let first = try await run(Command("sh", ["-c", "echo one; echo two >&2; exit 4"]), log: log)
            #expect(first == .code(4))
            #expect(try await run(Command("echo", ["three"]), log: log) == .code(0))
            #expect(log.tail() == "one\ntwo\nthree\n")
            #expect(log.tail(bytes: 6) == "three\n")
            #expect(try await collect(Command("stat", ["-c", "%a", log.path])).text == "600\n")
        }
    }

    @Test func `a pipeline joins its programs and tells how each ended`() async throws {
        try await withScratchFolder { folder in
            let ends = try await pipeline(
                [
                    Command("sh", ["-c", "seq 100000; echo first >&2; exit 7"]),
                    Command("sh", ["-c", "cat; exit 0"]),
                    Command("wc", ["-l"]),
                ],
                log: ToolLog(path: "\(folder)/log"),
                output: .path("\(folder)/out")
            )
            #expect(ends == [.code(7), .code(0), .code(0)])
            #expect(try await text(of: "\(folder)/out") == "100000\n")
            #expect(ToolLog(path: "\(folder)/log").tail() == "first\n")
        }
    }

    @Test func `a writer whose reader has gone is ended by the pipe`() async throws {
        try await withScratchFolder { folder in
            let ends = try await pipeline(
                [Command("yes"), Command("head", ["-n", "1"])],
                log: ToolLog(path: "\(folder)/log"),
                deadline: .seconds(120)
            )
            #expect(ends == [.signal(SIGPIPE), .code(0)])
        }
    }

    @Test func `nothing starts when one program of a pipeline is missing`() async throws {
        try await withScratchFolder { folder in
            await #expect(throws: ProcessFailure.notFound(program: "no-such-program")) {
                try await pipeline(
                    [Command("touch", ["\(folder)/started"]), Command("no-such-program")],
                    log: ToolLog(path: "\(folder)/log")
                )
            }
            #expect(access("\(folder)/started", F_OK) != 0)
        }
    }

    @Test func `cancelling asks the whole group to stop and lets it finish its cleaning up`() async throws {
        try await withScratchFolder { folder in
            let log = ToolLog(path: "\(folder)/log")
            let script = """
                trap 'echo cleaning; echo cleaned > \(folder)/done; exit 9' TERM
                sleep 600 & echo $! > \(folder)/child; echo ready > \(folder)/ready
                wait
                """
            let task = Task { try await run(Command("sh", ["-c", script]), log: log) }
            let isReady = try await eventually { access("\(folder)/ready", F_OK) == 0 }
            #expect(isReady)
            task.cancel()
            await #expect(throws: ProcessFailure.cancelled(program: "sh")) { try await task.value }
            #expect(try await text(of: "\(folder)/done") == "cleaned\n")
            #expect(log.tail().contains("cleaning"))
            let child = try #require(Int32(try await text(of: "\(folder)/child").dropLast()))
            #expect(ProcessIdentity(pid: child) == nil)
            #expect(try !log.isHeld)
        }
    }

    @Test func `a program that ignores the request is ended after the grace`() async throws {
        try await withScratchFolder { folder in
            let log = ToolLog(path: "\(folder)/log")
            let script = "trap '' TERM; echo ready > \(folder)/ready; while :; do sleep 1; done"
            let task = Task { try await run(Command("sh", ["-c", script]), log: log, grace: .milliseconds(200)) }
            let isReady = try await eventually { access("\(folder)/ready", F_OK) == 0 }
            #expect(isReady)
            task.cancel()
            await #expect(throws: ProcessFailure.cancelled(program: "sh")) { try await task.value }
            #expect(try !log.isHeld)
            #expect(log.holders.isEmpty)
        }
    }
}
