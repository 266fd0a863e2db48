import Glibc
import Processes
import Testing

struct CommandTests {
    @Test func `a command is shown without the values of its environment`() {
        let command = Command("/usr/bin/psql", ["-d", "it's here", ""], environment: ["PGPASSWORD": "canary"])
        #expect(command.description == #"/usr/bin/psql -d 'it'\''s here' ''"#)
        #expect(command.name == "psql")
    }

    @Test func `a child gets the minimum and what the command says, nothing else`() async throws {
        setenv("PAWL_CANARY", "secret", 1)
        defer { unsetenv("PAWL_CANARY") }
        let printed = try await collect(Command("env", environment: ["ONE": "1", "LANG": "C"]))
        let names = Set(printed.text.split(separator: "\n").compactMap { $0.split(separator: "=").first })
        #expect(names == ["PATH", "LANG", "LC_ALL", "ONE"])
        #expect(printed.text.contains("LANG=C\n"))
    }

    @Test(.enabled(if: ProcessUser.isRoot && ProcessUser.named("nobody") != nil))
    func `root runs a child as another user, without its own groups`() async throws {
        let nobody = try #require(ProcessUser.named("nobody"))
        let script = "id -u; id -g; id -G; pwd; echo $1"
        let printed = try await collect(Command("sh", ["-c", script, "sh", "-x"], user: nobody))
        #expect(printed.text == "\(nobody.uid)\n\(nobody.gid)\n\(nobody.gid)\n/\n-x\n")
    }

    @Test func `a user that the machine does not have is none`() {
        #expect(ProcessUser.named("no-such-user-here") == nil)
        #expect(ProcessUser.current?.uid == geteuid())
    }

    @Test func `relative folders of a search path are left out`() {
        let path = SearchPath("bin:/usr/bin::.:/bin")
        #expect(path.folders == ["/usr/bin", "/bin"])
        #expect(path.find("sh") != nil)
        #expect(path.find("no-such-program") == nil)
        #expect(path.find("/usr/bin") == nil)
    }
}
