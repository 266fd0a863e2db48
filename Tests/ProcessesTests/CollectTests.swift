import Processes
import Testing

struct CollectTests {
    @Test func `both outputs and the status are results`() async throws {
        let result = try await collect(Command("sh", ["-c", "echo out; echo err >&2; exit 3"]))
        #expect(result.status == .code(3))
        #expect(result.text == "out\n")
        #expect(result.errorText == "err\n")
        let killed = try await collect(Command("sh", ["-c", "kill -9 $$"]))
        #expect(killed.status == .signal(9))
    }

    @Test func `a program that is not there is named`() async {
        await #expect(throws: ProcessFailure.notFound(program: "no-such-program")) {
            try await collect(Command("no-such-program"))
        }
        await #expect(throws: ProcessFailure.notFound(program: "/no/such")) { try await collect(Command("/no/such")) }
    }

    @Test func `a working directory that is not there is a failure to start`() async {
        await #expect(throws: ProcessFailure.self) {
            try await collect(Command("true", workingDirectory: "/no/such/folder"))
        }
    }

    @Test func `endless output is refused and its program ended`() async throws {
        try await withScratchFolder { folder in
            let script = "echo $$ > \(folder)/pid; exec yes"
            await #expect(throws: ProcessFailure.tooMuchOutput(program: "sh", limit: 100_000)) {
                try await collect(Command("sh", ["-c", script]), limit: 100_000)
            }
            let pid = try #require(Int32(try await text(of: "\(folder)/pid").dropLast()))
            #expect(ProcessIdentity(pid: pid) == nil)
        }
    }

    @Test func `much output on both sides is held within the limit without a deadlock`() async throws {
        let script = "head -c 300000 /dev/zero & head -c 300000 /dev/zero >&2; wait"
        let result = try await collect(Command("sh", ["-c", script]), limit: 400_000)
        #expect(result.output.count == 300_000)
        #expect(result.errors.count == 300_000)
    }

    @Test func `a program that runs too long is stopped with all that it started`() async throws {
        try await withScratchFolder { folder in
            let script = "sleep 600 & echo $! > \(folder)/pid; wait"
            await #expect(throws: ProcessFailure.timedOut(program: "sh", after: .milliseconds(300))) {
                try await collect(Command("sh", ["-c", script]), deadline: .milliseconds(300))
            }
            let pid = try #require(Int32(try await text(of: "\(folder)/pid").dropLast()))
            #expect(try await eventually { ProcessIdentity(pid: pid) == nil })
        }
    }

    @Test func `a child reads a file as its input`() async throws {
        try await withScratchFolder { folder in
            _ = try await collect(Command("sh", ["-c", "printf hello > \(folder)/in"]))
            let result = try await collect(Command("cat"), input: .path("\(folder)/in"))
            #expect(result.text == "hello")
        }
    }

    @Test func `a hundred runs leave no descriptor open`() async throws {
        func open() async throws -> Int {
            try await collect(Command("sh", ["-c", "ls /proc/$PPID/fd | wc -l"])).text
                .split(separator: "\n").first.flatMap { Int($0) } ?? -1
        }
        try await withScratchFolder { folder in
            _ = try await pipeline([Command("true"), Command("cat")], log: ToolLog(path: "\(folder)/warm"))
            let before = try await open()
            for turn in 0..<50 {
                _ = try await collect(Command("true"))
                _ = try await pipeline(
                    [Command("echo", ["x"]), Command("cat")],
                    log: ToolLog(path: "\(folder)/\(turn % 3)")
                )
                _ = try? await run(Command("no-such-program"), log: ToolLog(path: "\(folder)/none"))
            }
            // Other tests run at the same time and have a few descriptors of their own.
            #expect(try await open() < before + 40)
        }
    }

    @Test func `a child inherits no descriptor of its parent`() async throws {
        let result = try await collect(Command("sh", ["-c", "ls /proc/self/fd | wc -l"]))
        // 0, 1, 2 and the one that `ls` lists the folder with.
        #expect(result.text == "4\n")
    }
}
