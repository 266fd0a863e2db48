import Foundation
import SimulatedCluster
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct CredentialProgramTests {
    /// A program that counts its runs in a file and prints what stands in another.
    private static func program(_ folder: String, prints answer: String, extra: String = "") throws -> CredentialProgram
    {
        try write(answer, to: folder + "/answer")
        let script = """
            #!/bin/sh
            echo "$KUBERNETES_EXEC_INFO" >> \(folder)/runs
            \(extra)
            exec /bin/cat \(folder)/answer
            """
        try write(script, to: folder + "/login", mode: 0o700)
        return CredentialProgram(version: .v1, command: folder + "/login", environment: ["S": Secret("s3cret")])
    }

    private static func runs(_ folder: String) -> Int {
        let text = (try? String(contentsOfFile: folder + "/runs", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").count
    }

    private static func answer(_ token: String, expires: String? = nil) -> String {
        var status: JSONValue = ["token": .string(token)]
        status["expirationTimestamp"] = expires.map { .string($0) }
        let json: JSONValue = [
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status,
        ]
        return json.text
    }

    @Test func `a credential program is asked once, again when its answer is over, and when it is refused`()
        async throws
    {
        try await SimulatedAPIServer.serveSecurely { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                let time = TestTime()
                let program = try Self.program(folder, prints: Self.answer("one", expires: "2026-11-27T21:02:34Z"))
                let client = KubernetesClient.secure(port, account: ClusterAccount(program: program), time: time)
                // Many at once ask it once.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { _ = try await client.read(Pod.self, "api", in: "shop") } }
                    try await group.waitForAll()
                }
                #expect(Self.runs(folder) == 1)
                time.pass(.seconds(60))
                try write(Self.answer("two"), to: folder + "/answer")
                _ = try await client.read(Pod.self, "api", in: "shop")
                #expect(server.seen.last?.header("authorization") == "Bearer two")
                #expect(Self.runs(folder) == 2)
                time.pass(.seconds(86_400))
                _ = try await client.read(Pod.self, "api", in: "shop")
                #expect(Self.runs(folder) == 2, "without an end it counts until it is refused")
                try write(Self.answer("three"), to: folder + "/answer")
                server.script { $0.header("authorization") == "Bearer two" ? .failure(401, "Unauthorized") : nil }
                _ = try await client.read(Pod.self, "api", in: "shop")
                #expect(Self.runs(folder) == 3)
                server.script { _ in .failure(401, "Unauthorized") }
                await client.shutdown()
            }
        }
    }

    @Test func `a credential program may answer with a certificate`() async throws {
        let authority = try TestAuthority()
        let tls = try authority.server(names: ["127.0.0.1"])
        let pem = try authority.pem
        let me = try authority.sign("me")
        try await SimulatedAPIServer.serve(tls: tls) { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                let json: JSONValue = [
                    "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                    "status": [
                        "clientCertificateData": .string(String(decoding: me.certificate, as: UTF8.self)),
                        "clientKeyData": .string(String(decoding: me.key, as: UTF8.self)),
                    ],
                ]
                var access = ClusterAccess(server: AccessTests.server(port), authority: .bytes(pem), origin: "a test")
                access.account.program = try Self.program(folder, prints: json.text)
                #expect(try await AccessTests.ask(access)["kind"] == "Pod")
            }
        }
    }

    @Test(arguments: [
        ("garbage hunter2", "", "did not print an ExecCredential"),
        (#"{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}"#, "", "another version"),
        (
            #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}"#, "",
            "neither a token"
        ),
        (
            #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientKeyData":"hunter2"}}"#,
            "", "without its certificate"
        ),
        ("hunter2", "echo \"sign in first $S\" >&2; exit 3", "exit status 3: sign in first (withheld)"),
    ])
    func `a credential program that fails is told without its secrets`(
        answer: String,
        extra: String,
        expected: String
    ) async throws {
        try await withScratchFolder { folder in
            let program = try Self.program(folder, prints: answer, extra: extra)
            let client = KubernetesClient.secure(1, account: ClusterAccount(program: program))
            await #expect { try await client.read(Pod.self, "api", in: "shop") } throws: { error in
                AccessTests.kind(error) == .credentials && "\(error)".contains(expected)
                    && !"\(error)".contains("hunter2")
            }
            await client.shutdown()
        }
    }

    @Test func `a credential program that is missing is told with what its settings say`() async throws {
        let program = CredentialProgram(version: .v1, command: "pawl-no-such-program", installHint: "Ask Anna.")
        let client = KubernetesClient.secure(1, account: ClusterAccount(program: program))
        await #expect { try await client.read(Pod.self, "api", in: "shop") } throws: { error in
            AccessTests.kind(error) == .credentials && (error as? KubernetesError)?.remedy.contains("Ask Anna.") == true
        }
        await client.shutdown()
    }

    @Test func `a program that fails once after it has worked is asked again, also by watches`() async throws {
        try await SimulatedAPIServer.serveSecurely { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                let time = TestTime()
                // It fails as often as there are files.
                let program = try Self.program(
                    folder,
                    prints: Self.answer("one", expires: "2026-11-27T21:02:34Z"),
                    extra: "for f in \(folder)/broken*; do if [ -e $f ]; then /bin/rm $f; exit 1; fi; done"
                )
                let client = KubernetesClient.secure(port, account: ClusterAccount(program: program), time: time)
                var walk = client.watch(Pod.self, in: "shop").makeAsyncIterator()
                _ = try await walk.next()
                _ = try await walk.next()
                time.pass(.seconds(60))
                try write(Self.answer("two"), to: folder + "/answer")
                for number in 1...2 { try write("", to: "\(folder)/broken\(number)") }
                _ = try await client.read(Pod.self, "api", in: "shop")
                #expect(server.seen.last?.header("authorization") == "Bearer two")
                #expect(time.pauses.count == 2)
                server.script { $0.header("authorization") == "Bearer two" ? .failure(401, "Unauthorized") : nil }
                try write("", to: folder + "/broken")
                try write(Self.answer("three"), to: folder + "/answer")
                guard case .interrupted(let error) = try await walk.next() else {
                    Issue.record("it is told")
                    return
                }
                #expect(error.kind == .credentials)
                server.put(testPod("web"), in: podsPath)
                guard case .added = try await walk.next() else {
                    Issue.record("it goes on")
                    return
                }
                await client.shutdown()
            }
        }
    }

    @Test func `who is cancelled does not wait for a program, and others get its answer`() async throws {
        try await SimulatedAPIServer.serveSecurely { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                // It waits for somebody to write to it.
                let program = try Self.program(
                    folder,
                    prints: Self.answer("one"),
                    extra: "/usr/bin/mkfifo \(folder)/go; /bin/cat \(folder)/go >/dev/null"
                )
                let client = KubernetesClient.secure(port, account: ClusterAccount(program: program))
                let patient = Task { try await client.read(Pod.self, "api", in: "shop") }
                let hasty = Task { try await client.read(Pod.self, "api", in: "shop") }
                while !FileManager.default.fileExists(atPath: folder + "/go") {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                hasty.cancel()
                await #expect { try await hasty.value } throws: { AccessTests.kind($0) == .cancelled }
                try #require(FileHandle(forWritingAtPath: folder + "/go")).close()
                #expect(try await patient.value.phase == "Running")
                #expect(Self.runs(folder) == 1)
                await client.shutdown()
            }
        }
    }
}
