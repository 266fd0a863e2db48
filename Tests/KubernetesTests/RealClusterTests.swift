import Foundation
import Testing

@testable import Kubernetes

/// The same against a real API server, where `KUBECONFIG` names the settings of one.
@Suite(
    .serialized,
    .timeLimit(.minutes(5)),
    .enabled(if: ProcessInfo.processInfo.environment["KUBECONFIG"] != nil, "KUBECONFIG names no settings")
)
struct RealClusterTests {
    private let client: KubernetesClient
    private let namespace = "pawl-test-\(UUID().uuidString.prefix(8).lowercased())"

    init() throws {
        let environment = ProcessInfo.processInfo.environment
        let access = try ClusterAccess.standard(
            path: environment["KUBECONFIG"],
            acceptsUnverifiedServer: true,
            environment: environment,
            home: "/nowhere"
        )
        client = KubernetesClient(access, environment: environment)
    }

    /// A namespace for one test, which goes with it.
    private func inNamespace(_ body: () async throws -> Void) async throws {
        _ = try await client.create(["metadata": ["name": .string(namespace)]], .namespaces, namespace: nil)
        let failure: (any Error)?
        do {
            try await body()
            failure = nil
        } catch {
            failure = error
        }
        try await client.delete(RequestTarget(.namespaces, name: namespace))
        await client.shutdown()
        if let failure { throw failure }
    }

    private func map(_ name: String, _ data: [String: String] = [:]) -> JSONValue {
        ["metadata": ["name": .string(name), "labels": ["part": "test"]], "data": JSONValue(data)]
    }

    private func target(_ name: String) -> RequestTarget {
        RequestTarget(.configMaps, namespace: namespace, name: name)
    }

    private static func kind(_ error: any Error) -> KubernetesError.Kind? { (error as? KubernetesError)?.kind }

    @Test func `the cluster says what it is and what it serves`() async throws {
        let version = try await client.version()
        #expect(version.major == 1)
        #expect(version.minor >= 20)
        let served = try await client.servedAPIs()
        #expect(served.serves(.deployments))
        #expect(served.serves(.leases))
        #expect(served.first(of: PodDisruptionBudget.resources) != nil)
        #expect(served.first(of: HorizontalPodAutoscaler.resources) != nil)
        #expect(served.serves(.podDisruptionBudgetsV1) == (version.minor >= 21))
        let may = try await client.may(.create, RequestTarget(.pods, namespace: "default"))
        #expect(may.isAllowed)
        await client.shutdown()
    }

    @Test func `an object goes through its life`() async throws {
        try await inNamespace { () async throws in
            let made = try await client.create(map("a", ["k": "v"]), .configMaps, namespace: namespace)
            await #expect { try await client.create(map("a"), .configMaps, namespace: namespace) } throws: {
                Self.kind($0) == .alreadyExists
            }
            var changed = made
            changed[path: ["data", "k"]] = "w"
            let replaced = try await client.replace(target("a"), with: changed)
            await #expect { try await client.replace(target("a"), with: changed) } throws: {
                Self.kind($0) == .conflict
            }
            let merged = try await client.change(target("a"), by: .merge(["data": ["k": .null, "l": "x"]]))
            #expect(merged["data"] == ["l": "x"])
            let operations = [
                ObjectPatch.test(["data", "l"], is: "x"), ObjectPatch.replace(["data", "l"], with: "y"),
            ]
            #expect(try await client.change(target("a"), by: .operations(operations))[path: ["data", "l"]] == "y")
            await #expect { try await client.change(target("a"), by: .operations(operations)) } throws: {
                Self.kind($0) == .invalid
            }
            let uid = PlainObject(replaced).metadata.uid
            await #expect { try await client.delete(target("a"), options: DeleteOptions(uid: "other")) } throws: {
                Self.kind($0) == .conflict
            }
            #expect(try await client.delete(target("a"), options: DeleteOptions(propagation: .foreground, uid: uid)))
            #expect(try await client.find(ConfigMap.self, "a", in: namespace) == nil)
            #expect(try await !client.delete(target("a")))
        }
    }

    @Test func `who answers for which field is kept apart`() async throws {
        try await inNamespace { () async throws in
            let one = WriteOptions(fieldManager: "one")
            let two = WriteOptions(fieldManager: "two")
            _ = try await client.apply(target("a"), ["data": ["k": "1"]], options: one)
            let error = await #expect(throws: KubernetesError.self) {
                try await client.apply(target("a"), ["data": ["k": "2"]], options: two)
            }
            #expect(error?.kind == .conflict)
            #expect(error?.status?.causes.first?.field == ".data.k")
            let dry = WriteOptions(fieldManager: "two", isDryRun: true)
            #expect(
                try await client.apply(target("a"), ["data": ["k": "3"]], force: true, options: dry)[path: [
                    "data", "k",
                ]] == "3"
            )
            let forced = try await client.apply(target("a"), ["data": ["k": "2"]], force: true, options: two)
            #expect(forced[path: ["data", "k"]] == "2", "the dry run kept nothing")
            let owners = PlainObject(forced).metadata.managers.filter { $0.owns(["data", "k"]) }.map(\.name)
            #expect(owners == ["two"])
        }
    }

    @Test func `what is wrong is told with its field`() async throws {
        try await inNamespace { () async throws in
            let error = await #expect(throws: KubernetesError.self) {
                try await client.create(map("Not A Name"), .configMaps, namespace: namespace)
            }
            #expect(error?.kind == .invalid)
            #expect(error?.status?.causes.first?.field == "metadata.name")
            let unknown = ResourceType(group: "nobody.example", version: "v1", plural: "things", kind: "Thing")
            await #expect {
                try await client.list(PlainObject.self, ObjectSelection(unknown, in: namespace)).all()
            } throws: {
                Self.kind($0) == .notFound
            }
        }
    }

    @Test func `a list is walked page by page`() async throws {
        try await inNamespace { () async throws in
            for number in 0..<23 { _ = try await client.create(map("m\(number)"), .configMaps, namespace: namespace) }
            let selection = ObjectSelection(.configMaps, in: namespace, labels: "part=test")
            var walk = client.list(ConfigMap.self, selection, pageSize: 5).makeAsyncIterator()
            var names: Set<String> = []
            while let map = try await walk.next() {
                #expect(map.kind == "ConfigMap")
                names.insert(map.metadata.name)
            }
            #expect(names.count == 23)
            #expect(!walk.resourceVersion.isEmpty)
            var short = selection
            short.isOnlyMetadata = true
            let metadata = try await client.list(PlainObject.self, short, pageSize: 10).all()
            #expect(metadata.count == 23)
            #expect(metadata.allSatisfy { $0.json["data"] == nil && !$0.metadata.uid.isEmpty })
        }
    }

    @Test func `a watch tells what is there and what happens, and starts over from a version that is forgotten`()
        async throws
    {
        try await inNamespace { () async throws in
            _ = try await client.create(map("a"), .configMaps, namespace: namespace)
            let selection = ObjectSelection(.configMaps, in: namespace, labels: "part=test")
            var walk = client.watch(ConfigMap.self, selection, pageSize: 1).makeAsyncIterator()
            guard case .present(let first) = try await walk.next() else {
                Issue.record("the object that is there comes first")
                return
            }
            #expect(first.metadata.name == "a")
            guard case .caughtUp(let version) = try await walk.next() else {
                Issue.record("the list ends")
                return
            }
            _ = try await client.create(map("b"), .configMaps, namespace: namespace)
            _ = try await client.change(target("b"), by: .merge(["data": ["k": "v"]]))
            try await client.delete(target("b"))
            var told: [String] = []
            while told.count < 3, let change = try await walk.next() {
                switch change {
                case .added(let map): told.append("added \(map.metadata.name)")
                case .modified(let map): told.append("modified \(map.data)")
                case .deleted(let map): told.append("deleted \(map.metadata.name)")
                default: told.append("\(change)")
                }
            }
            #expect(told == ["added b", "modified [\"k\": \"v\"]", "deleted b"])
            #expect(Int(version) ?? 0 > 1)
            var late = client.watch(ConfigMap.self, selection, from: "1").makeAsyncIterator()
            // A server that is young still knows everything; it then tells what has happened.
            switch try await late.next() {
            case .startedOver, .added: break
            case let other: Issue.record("\(String(describing: other))")
            }
        }
    }

    @Test func `a lease goes from one to another`() async throws {
        try await inNamespace { () async throws in
            var mine = LeaseClaim(namespace: namespace, name: "l", identity: "a", duration: .seconds(2))
            var theirs = LeaseClaim(namespace: namespace, name: "l", identity: "b", duration: .seconds(2))
            guard case .ours = try await client.claim(&mine) else {
                Issue.record("it was free")
                return
            }
            guard case .held(by: "a", _) = try await client.claim(&theirs) else {
                Issue.record("it is held")
                return
            }
            guard case .ours = try await client.claim(&mine) else {
                Issue.record("it is renewed")
                return
            }
            try await client.release(&mine)
            guard case .ours = try await client.claim(&theirs) else {
                Issue.record("it was let go")
                return
            }
            #expect(theirs.token == 1)
        }
    }

    @Test func `somebody without rights is told which rule is missing`() async throws {
        try await inNamespace { () async throws in
            var access = client.access
            access.account.impersonation = Impersonation(user: "nobody-in-particular")
            let nobody = KubernetesClient(access, environment: [:])
            let error = await #expect(throws: KubernetesError.self) {
                try await nobody.read(RequestTarget(.secrets, namespace: namespace, name: "x"))
            }
            #expect(error?.missingRule == RoleRule(group: "", resource: "secrets", verb: "get", namespace: namespace))
            #expect(try await !nobody.may(.get, RequestTarget(.secrets, namespace: namespace)).isAllowed)
            await nobody.shutdown()
            access.account = ClusterAccount(token: Secret("no-such-token"))
            let stranger = KubernetesClient(access, environment: [:])
            await #expect {
                try await stranger.read(RequestTarget(.secrets, namespace: namespace, name: "x"))
            } throws: {
                Self.kind($0) == .unauthorized
            }
            await stranger.shutdown()
        }
    }

    @Test func `a workload is scaled`() async throws {
        try await inNamespace { () async throws in
            let pod: JSONValue = [
                "metadata": ["labels": ["app": "x"]],
                "spec": ["containers": [["name": "c", "image": "pawl.invalid/none:1"]]],
            ]
            let deployment: JSONValue = [
                "metadata": ["name": "web"],
                "spec": ["replicas": 0, "selector": ["matchLabels": ["app": "x"]], "template": pod],
            ]
            _ = try await client.create(deployment, .deployments, namespace: namespace)
            let scaled = try await client.setScale(of: .deployments, "web", in: namespace, to: 2)
            #expect(scaled.replicas == 2)
            let web = try await client.read(DeploymentObject.self, "web", in: namespace)
            #expect(web.replicas == 2)
            #expect(web.selector == ["app": "x"])
            #expect(try await client.scale(of: .deployments, "web", in: namespace).selector == "app=x")
            _ = try await client.setScale(of: .deployments, "web", in: namespace, to: 0)
        }
    }
}
