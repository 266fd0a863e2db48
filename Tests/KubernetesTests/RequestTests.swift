import SimulatedCluster
import Synchronization
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct RequestTests {
    private let pod = RequestTarget(.pods, namespace: "shop", name: "api")

    @Test func `an object goes through its life`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            let made = try await client.create(
                ["metadata": ["name": "api"], "spec": ["unknown": ["deep": .number("1.5")]]],
                .pods,
                namespace: "shop"
            )
            #expect(made["kind"]?.string == "Pod")
            #expect(server.seen.last?.query["fieldManager"] == "pawl")
            await #expect { try await client.create(made, .pods, namespace: "shop") } throws: {
                ($0 as? KubernetesError)?.kind == .alreadyExists
            }
            var read = try await client.read(pod)
            #expect(read == made)
            read[path: ["metadata", "labels", "tier"]] = "web"
            let written = try await client.replace(pod, with: read)
            #expect(written[path: ["spec", "unknown", "deep"]] == .number("1.5"), "what is not known survives")
            await #expect { try await client.replace(pod, with: read) } throws: {
                ($0 as? KubernetesError)?.kind == .conflict
            }
            let merged = try await client.change(
                pod,
                by: .merge(["metadata": ["labels": ["tier": .null, "a/b": "c"]]])
            )
            #expect(merged[path: ["metadata", "labels"]] == ["a/b": "c"])
            await #expect {
                try await client.change(
                    pod,
                    by: .operations([
                        ObjectPatch.test(["spec", "x"], is: 1), ObjectPatch.replace(["spec", "x"], with: 2),
                    ])
                )
            } throws: {
                ($0 as? KubernetesError)?.kind == .invalid
            }
            #expect(try await client.delete(pod, options: DeleteOptions(propagation: .foreground)))
            #expect(try await !client.delete(pod), "one that is gone is no error")
            let sent = server.seen.filter { $0.method == "DELETE" }.first?.json
            #expect(sent?["propagationPolicy"] == "Foreground")
            await #expect { try await client.read(pod) } throws: { ($0 as? KubernetesError)?.kind == .notFound }
            #expect(try await client.find(Pod.self, "api", in: "shop") == nil)
            await client.shutdown()
        }
    }

    @Test func `each kind of change is sent as what it is`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            server.put(["metadata": ["name": "api"]], in: "/api/v1/namespaces/shop/pods")
            _ = try await client.apply(
                pod,
                ["spec": ["replicas": 1]],
                force: true,
                options: WriteOptions(fieldManager: "pawl-test", isDryRun: true)
            )
            let applied = try #require(server.seen.last)
            #expect(applied.line == "PATCH /api/v1/namespaces/shop/pods/api")
            #expect(applied.header("content-type") == "application/apply-patch+yaml")
            #expect(applied.query == ["fieldManager": "pawl-test", "force": "true", "dryRun": "All"])
            let sent = #"{"spec":{"replicas":1},"apiVersion":"v1","kind":"Pod","metadata":{"name":"api"}}"#
            #expect(applied.json?.text == sent)
            _ = try await client.change(pod, by: .merge([:]))
            #expect(server.seen.last?.header("content-type") == "application/merge-patch+json")
            _ = try await client.change(
                pod,
                by: .operations([ObjectPatch.remove(["metadata", "annotations", "a/b~c"])])
            )
            #expect(server.seen.last?.header("content-type") == "application/json-patch+json")
            #expect(server.seen.last?.json?.text == #"[{"op":"remove","path":"/metadata/annotations/a~1b~0c"}]"#)
            await client.shutdown()
        }
    }

    @Test func `fields that somebody else answers for are a conflict that names them`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.once(
                .failure(
                    409,
                    "Conflict",
                    "Apply failed with 1 conflict",
                    details: [
                        "causes": [
                            [
                                "reason": "FieldManagerConflict", "message": "conflict with \"helm\"",
                                "field": ".spec.replicas",
                            ]
                        ]
                    ]
                )
            )
            let client = KubernetesClient.plain(port)
            let error = await #expect(throws: KubernetesError.self) { try await client.apply(pod, [:]) }
            #expect(error?.kind == .conflict)
            #expect(error?.status?.causes.first?.field == ".spec.replicas")
            #expect(error?.status?.causes.first?.message == "conflict with \"helm\"")
            await client.shutdown()
        }
    }

    @Test func `another object of the same name is not removed`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            let client = KubernetesClient.plain(port)
            await #expect {
                try await client.delete(
                    pod,
                    options: DeleteOptions(uid: "uid-of-an-earlier-one", gracePeriod: .seconds(2.5))
                )
            } throws: {
                ($0 as? KubernetesError)?.kind == .conflict
            }
            #expect(server.seen.last?.json?["gracePeriodSeconds"] == 3)
            #expect(try await client.find(Pod.self, "api", in: "shop") != nil)
            await client.shutdown()
        }
    }

    @Test func `a workload is scaled without touching anything else`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(
                ["kind": "Deployment", "metadata": ["name": "web"], "spec": ["replicas": 3]],
                in: "/apis/apps/v1/namespaces/shop/deployments"
            )
            let client = KubernetesClient.plain(port)
            let scale = try await client.scale(of: .deployments, "web", in: "shop")
            #expect(scale.replicas == 3)
            #expect(scale.selector == "app=shop")
            _ = try await client.setScale(of: .deployments, "web", in: "shop", to: 0)
            let sent = try #require(server.seen.last)
            #expect(sent.line == "PATCH /apis/apps/v1/namespaces/shop/deployments/web/scale")
            #expect(sent.json?.text == #"{"spec":{"replicas":0}}"#)
            await client.shutdown()
        }
    }

    @Test func `trouble that passes is waited for, and the server's own time is obeyed`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            server.once(
                .failure(500, "InternalError", "etcdserver: leader changed"),
                .failure(429, "TooManyRequests", "", headers: ["retry-after": "7"]),
                ServerAnswer(502, text: "<html>Bad gateway</html>", type: "text/html"),
                ServerAnswer(503, text: "", type: "text/plain", headers: ["retry-after": "2"])
            )
            let client = KubernetesClient.plain(port, time: time)
            #expect(try await client.read(Pod.self, "api", in: "shop").phase == "Running")
            #expect(time.pauses == [.milliseconds(250), .seconds(7), .seconds(1), .seconds(2)])
            await client.shutdown()
        }
    }

    @Test func `trouble that does not pass is told after a bound`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { _ in .failure(500, "InternalError", "no") }
            let client = KubernetesClient.plain(port, time: time)
            await #expect { try await client.read(pod) } throws: { ($0 as? KubernetesError)?.kind == .serverTrouble }
            #expect(time.pauses.reduce(.zero, +) == .seconds(30))
            #expect(server.seen.count == time.pauses.count + 1)
            await client.shutdown()
        }
        let client = KubernetesClient.plain(1, time: time)
        await #expect { try await client.read(pod) } throws: { ($0 as? KubernetesError)?.kind == .unreachable }
        await client.shutdown()
    }

    @Test func `a server that starts anew is waited for, as long as the caller wants, and that is said`() async throws {
        let told = Mutex<[String]>([])
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            for (patience, expected) in [(Duration.seconds(60), 8), (.seconds(10), 6)] {
                let time = TestTime()
                let pace = time.pace(patience: patience) { error, pause in
                    told.withLock { $0.append("\(error.kind) \(pause)") }
                }
                let client = KubernetesClient.plain(port, pace: pace)
                server.script { _ in
                    // Away for half a minute.
                    time.pauses.reduce(.zero, +) < .seconds(30) ? .failure(503, "ServiceUnavailable") : nil
                }
                let found = try? await client.read(pod)
                #expect((found != nil) == (patience == .seconds(60)))
                #expect(time.pauses.count == expected)
                await client.shutdown()
            }
        }
        #expect(told.withLock { $0 }.prefix(2) == ["serverTrouble 0.25 seconds", "serverTrouble 0.5 seconds"])
    }

    @Test func `a server that has come back and knows nobody yet is waited for, and one that was there is not`()
        async throws
    {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            let client = KubernetesClient.plain(port, time: time)
            server.once(.failure(503, "ServiceUnavailable"), .failure(401, "Unauthorized"), .failure(403, "Forbidden"))
            #expect(try await client.read(Pod.self, "api", in: "shop").phase == "Running")
            #expect(time.pauses.count == 3)
            server.once(.failure(403, "Forbidden"))
            await #expect { try await client.read(pod) } throws: { ($0 as? KubernetesError)?.kind == .forbidden }
            #expect(time.pauses.count == 3)
            await client.shutdown()
        }
    }

    @Test func `an object is removed again only where it is meant, and no later one of its name`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            server.put(testPod("api"), in: podsPath)
            for answer in [
                ServerAnswer.failure(500, "InternalError", "no"),
                ServerAnswer(200, text: "{\"kind\":", breaksOff: true),
            ] {
                let before = server.seen.count
                server.once(answer)
                await #expect { try await client.delete(pod) } throws: { ($0 as? KubernetesError)?.mayPass == true }
                #expect(server.seen.count == before + 1)
            }
            let found = try await client.read(Pod.self, "api", in: "shop").metadata
            for options in [
                DeleteOptions(uid: found.uid, isDryRun: true), DeleteOptions(resourceVersion: found.resourceVersion),
            ] {
                server.put(testPod("api"), in: podsPath)
                server.once(.failure(500, "InternalError", "no"))
                #expect(try await client.delete(pod, options: options))
            }
            await client.shutdown()
        }
    }

    @Test func `what is asked after the client was shut down fails at once`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            await client.shutdown()
            await #expect { try await client.read(pod) } throws: { error in
                (error as? KubernetesError)?.kind == .cancelled && "\(error)".contains("shut down")
            }
            #expect(server.seen.isEmpty)
        }
    }

    @Test func `a create is never made again where nobody knows what became of it`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port, time: time)
            for answer in [
                ServerAnswer.failure(500, "InternalError", "no"), .failure(503, "ServiceUnavailable", "no"),
                .failure(504, "Timeout", "no", headers: ["retry-after": "1"]),
                ServerAnswer(200, text: "{\"kind\":", breaksOff: true),
            ] {
                let before = server.seen.count
                server.once(answer)
                await #expect { try await client.create(testPod("api"), .pods, namespace: "shop") } throws: {
                    ($0 as? KubernetesError)?.mayPass == true
                }
                #expect(server.seen.count == before + 1)
            }
            #expect(time.pauses.isEmpty)
            server.once(.failure(429, "TooManyRequests", ""))
            _ = try await client.create(testPod("api"), .pods, namespace: "shop")
            #expect(time.pauses.count == 1, "a server that was too busy has done nothing")
            await client.shutdown()
        }
    }

    @Test func `a list of operations is made again only where that is said to be safe`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            let client = KubernetesClient.plain(port)
            server.once(.failure(500, "InternalError", "no"))
            await #expect(throws: KubernetesError.self) { try await client.change(pod, by: .operations([])) }
            server.once(.failure(500, "InternalError", "no"))
            _ = try await client.change(pod, by: .operations([], isRepeatable: true))
            await client.shutdown()
        }
    }

    @Test func `an answer that is no object is refused, whatever its status`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            for text in ["<html>Sign in</html>", "[1]", "", "garbage"] {
                server.once(ServerAnswer(200, text: text, type: "text/html"))
                await #expect { try await client.read(pod) } throws: {
                    ($0 as? KubernetesError)?.kind == .notAnAPIServer
                }
            }
            await client.shutdown()
        }
    }

    @Test func `an answer that is larger than an object can be is not taken`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.once(ServerAnswer(["kind": .string(String(repeating: "x", count: 5000))]))
            let client = KubernetesClient.plain(port, limits: .init(object: 4096))
            await #expect { try await client.read(pod) } throws: { ($0 as? KubernetesError)?.kind == .tooLarge }
            await client.shutdown()
        }
    }

    @Test func `cancelling ends a request and its pauses`() async throws {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { _ in
                arrival.yield()
                return .failure(429, "TooManyRequests", "", headers: ["retry-after": "20"])
            }
            let access = KubernetesClient.plain(port).access
            let client = KubernetesClient(access, environment: [:])
            let waiting = Task { try await client.read(RequestTarget(.pods, namespace: "shop", name: "api")) }
            var iterator = arrivals.makeAsyncIterator()
            await iterator.next()
            waiting.cancel()
            await #expect { try await waiting.value } throws: { ($0 as? KubernetesError)?.kind == .cancelled }
            await client.shutdown()
        }
    }
}
