import Glibc
import Processes
import Testing

@Suite struct MachineProcessTests {
    @Test func `a child is seen with its parent, its arguments and its folder`() async throws {
        try await withScratchFolder { folder in
            let log = ToolLog(path: folder + "/log")
            let marker = "marker-\(getpid())"
            let command = Command("sh", ["-c", "sleep 60; true", marker], workingDirectory: folder)
            let child = Task { try await run(command, log: log) }
            let found = try await eventually {
                MachineProcess.all().contains { process in
                    process.arguments.contains(marker) && process.folder == folder && process.parent == getpid()
                }
            }
            #expect(found)
            child.cancel()
            _ = try? await child.value
            #expect(!MachineProcess.all().contains { $0.pid == getpid() }, "this process is left out")
        }
    }
}
