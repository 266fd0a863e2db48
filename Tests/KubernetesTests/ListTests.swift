import SimulatedCluster
import Synchronization
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct ListTests {
    @Test func `a list is walked page by page, and its objects say what they are`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            for number in 0..<25 { server.put(testPod("p\(100 + number)"), in: podsPath) }
            let client = KubernetesClient.plain(port)
            let selection = ObjectSelection(.pods, in: "shop", labels: "app=shop", fields: "spec.nodeName!=x")
            var walk = client.list(Pod.self, selection, pageSize: 10).makeAsyncIterator()
            var names: [String] = []
            while let pod = try await walk.next() {
                #expect(pod.kind == "Pod")
                #expect(pod.apiVersion == "v1")
                names.append(pod.metadata.name)
                let pages = (names.count + 9) / 10
                #expect(server.seen.count == pages, "the next page is asked for when the one before is used up")
            }
            #expect(names.count == 25)
            #expect(names == names.sorted())
            #expect(walk.resourceVersion == "125")
            #expect(server.seen.allSatisfy { $0.query["limit"] == "10" && $0.query["labelSelector"] == "app=shop" })
            #expect(server.seen.first?.query["fieldSelector"] == "spec.nodeName!=x")
            await client.shutdown()
        }
    }

    @Test func `where the server forgets the place, the walk begins anew and gives nothing twice`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            for number in 0..<9 { server.put(testPod("p\(number)"), in: podsPath) }
            let client = KubernetesClient.plain(port)
            var walk = client.list(Pod.self, ObjectSelection(.pods, in: "shop"), pageSize: 4).makeAsyncIterator()
            var given: [String] = []
            while let pod = try await walk.next() {
                given.append("\(pod.metadata.name) \(pod.phase)")
                guard given.count == 5 else { continue }
                server.put(testPod("p1", phase: "Failed"), in: podsPath)
                server.put(testPod("p9"), in: podsPath)
                server.forget()
            }
            let expected = (0..<8).map { "p\($0) Running" } + ["p1 Failed", "p8 Running", "p9 Running"]
            #expect(given.sorted() == expected.sorted(), "what has changed is given as it is now")
            #expect(Set(given).count == given.count)
            await client.shutdown()
        }
    }

    @Test func `a page of few large objects is asked for in smaller ones`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            for number in 0..<12 {
                var secret = testPod("s\(100 + number)")
                secret["data"] = ["release": .string(String(repeating: "x", count: 3000))]
                server.put(secret, in: "/api/v1/namespaces/shop/secrets")
            }
            let client = KubernetesClient.plain(port, limits: .init(page: 10_000))
            let secrets = try await client.list(ClusterSecret.self, in: "shop").all()
            #expect(secrets.count == 12)
            #expect(server.seen.compactMap { $0.query["limit"] }.prefix(4) == ["100", "25", "6", "1"])
            await client.shutdown()
        }
    }

    @Test func `one object that is too large for any page is said to be`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            var secret = testPod("s")
            secret["data"] = ["release": .string(String(repeating: "x", count: 3000))]
            server.put(secret, in: "/api/v1/namespaces/shop/secrets")
            let client = KubernetesClient.plain(port, limits: .init(page: 2000))
            await #expect { try await client.list(ClusterSecret.self, in: "shop").all() } throws: {
                ($0 as? KubernetesError)?.kind == .tooLarge
            }
            await client.shutdown()
        }
    }

    @Test func `five thousand objects are walked with one page in memory`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { request in
                guard request.method == "GET", let limit = request.query["limit"].flatMap({ Int($0) }) else {
                    return nil
                }
                let start = request.query["continue"].flatMap { Int($0) } ?? 0
                let items = (start..<min(start + limit, 5000)).map { number -> JSONValue in
                    [
                        "metadata": [
                            "name": .string("cm-\(number)"), "uid": .string("u\(number)"), "resourceVersion": "1",
                        ],
                        "data": ["text": .string(String(repeating: "y", count: 2000))],
                    ]
                }
                var metadata: JSONValue = ["resourceVersion": "9"]
                if start + limit < 5000 { metadata["continue"] = .string(String(start + limit)) }
                return ServerAnswer(["metadata": metadata, "items": .array(items)])
            }
            let client = KubernetesClient.plain(port, limits: .init(page: 300_000))
            var count = 0
            for try await map in client.list(ConfigMap.self, in: "shop") {
                count += 1
                #expect(map.kind == "ConfigMap")
            }
            #expect(count == 5000)
            #expect(server.seen.count == 50)
            await client.shutdown()
        }
    }

    @Test func `metadata alone can be asked for`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let client = KubernetesClient.plain(port)
            let selection = ObjectSelection(.secrets, in: "shop", isOnlyMetadata: true)
            _ = try await client.list(PlainObject.self, selection).all()
            #expect(
                server.seen.first?.header("accept")
                    == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
            )
            await client.shutdown()
        }
    }

    @Test func `a server that forgets every place is asked again after pauses that grow`() async throws {
        let time = TestTime()
        try await SimulatedAPIServer.serve { (server, port) async throws in
            for number in 0..<9 { server.put(testPod("p\(number)"), in: podsPath) }
            server.script { request in
                request.query["continue"] != nil && time.pauses.count < 4 ? .failure(410, "Expired") : nil
            }
            let client = KubernetesClient.plain(port, time: time)
            let selection = ObjectSelection(.pods, in: "shop")
            #expect(try await client.list(Pod.self, selection, pageSize: 4).all().count == 9)
            #expect(time.pauses == [0.25, 0.5, 1, 2].map { .seconds($0) })
            await client.shutdown()
        }
    }
}
