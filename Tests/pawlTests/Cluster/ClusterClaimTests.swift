import Foundation
import Kubernetes
import Reports
import SimulatedCluster
import Simulators
import StateStore
import Synchronization
import Testing
import UpgradeModel

@testable import pawl

@Suite struct ClusterClaimTests {
    private let older = Story.releases[0]
    private let newer = Story.releases[1]

    @Test func `a Helm release belongs to the data folder that has begun a run on it`() async throws {
        let (older, newer) = (older, newer)
        try await SimulatedAPIServer.serve { server, port in
            let paper = try PaperCluster(port: port)
            let (first, second) = (try paper.workplace(), try paper.workplace(data: "mistyped"))
            // As it was before anybody noted anything.
            try await first.requireWritable()
            try await second.requireWritable()
            let hold = try #require(try await first.claim.take())
            let busy = try await #require(throws: Trouble.self) { _ = try await second.claim.take() }
            #expect(ExitStatus(busy) == .anotherRun)
            try await hold.note(newer)
            #expect(try await first.highWaterMark() == newer)
            #expect(try await second.highWaterMark() == nil)
            let foreign = try await #require(throws: Trouble.self) { try await second.requireWritable() }
            #expect(foreign.code == "another-data-folder" && foreign.message.contains(first.data.path))
            try await hold.note(older)
            #expect(try await first.highWaterMark() == older)
            await hold.release()
            let refused = try await #require(throws: Trouble.self) { _ = try await second.claim.take() }
            #expect(refused == foreign)
            let again = try #require(try await first.claim.take())
            await again.release()

            // It is handed over as the message says, and the mark with it.
            let id = try DataFolderOwner(of: second.data).id
            let patch = "--type merge -p '{\"data\":{\"owner\":\"\(id)\"}}'"
            #expect(foreign.remedy.contains("kubectl patch configmap pawl.shop -n shop \(patch)"))
            let configMaps = "/api/v1/namespaces/shop/configmaps"
            let noted = server.state.withLock { $0.objects[configMaps + "/pawl.shop"] }
            var note = try #require(noted)
            note[path: ["data", "owner"]] = .string(id)
            server.put(note, in: configMaps)
            try await second.requireWritable()
            #expect(try await second.highWaterMark() == older)
            let handed = try #require(try await second.claim.take())
            await handed.release()
            let left = try await #require(throws: Trouble.self) { try await first.requireWritable() }
            #expect(left.code == "another-data-folder")
        }
    }

    @Test func `a data folder that looks after the release of another cluster does nothing in this one`() async throws {
        let newer = newer
        try await SimulatedAPIServer.serve { server, port in
            let namespace = "/api/v1/namespaces/shop"
            @Sendable func lead(to uid: String) {
                server.once(at: namespace, ServerAnswer(["metadata": ["name": "shop", "uid": .string(uid)]]))
            }
            let paper = try PaperCluster(port: port)
            let workplace = try paper.workplace()
            let file = workplace.data.path + "/cluster.shop.shop.json"
            lead(to: "one")
            let hold = try #require(try await workplace.claim.take())
            try await hold.note(newer)
            await hold.release()
            #expect(FileManager.default.fileExists(atPath: file))
            let note = server.state.withLock { $0.objects[namespace + "/configmaps/pawl.shop"] }
            #expect(note?[path: ["data", "namespaceUID"]] == "one")
            lead(to: "one")
            try await workplace.requireWritable()

            lead(to: "two")
            let asked = try await #require(throws: Trouble.self) { try await workplace.requireWritable() }
            #expect(asked.code == "another-cluster" && ExitStatus(asked) == .refused)
            #expect(asked.message.contains("127.0.0.1:\(port)") && asked.remedy.contains(file))
            let before = server.seen.count
            lead(to: "two")
            let refused = try await #require(throws: Trouble.self) { _ = try await workplace.claim.take() }
            #expect(refused == asked)
            let changing = server.seen.dropFirst(before).filter { $0.method != "GET" }
            #expect(changing.isEmpty, "\(changing.map(\.line))")

            // Where the account may not read the namespace nobody can tell.
            server.once(at: namespace, ServerAnswer.failure(403, "Forbidden"))
            try await workplace.requireWritable()
            // It was made anew.
            try FileManager.default.removeItem(atPath: file)
            lead(to: "two")
            let again = try #require(try await workplace.claim.take())
            await again.release()
            lead(to: "two")
            try await workplace.requireWritable()
        }
    }

    @Test func `a data folder keeps its name, wherever it is mounted`() throws {
        let paper = try PaperCluster()
        let data = try paper.workplace().data
        let owner = try DataFolderOwner(of: data)
        #expect(try DataFolderOwner(of: data) == owner)
        #expect(try DataFolderOwner(of: paper.workplace(data: "other").data).id != owner.id)
        #expect(owner.isHolder(owner.process) && owner.isDead(owner.process))
        let kernel = DataFolderOwner.kernel
        let elsewhere = "\(owner.id)/another-host/1/\(kernel)"
        #expect(!owner.isDead(elsewhere) && owner.isHolder(elsewhere))
        // A pod of the same name may have been on another machine, where nobody here can tell what lives.
        let host = ProcessInfo.processInfo.hostName
        #expect(owner.isDead("\(owner.id)/\(host)/\(Int32.max)/\(kernel)"))
        #expect(!owner.isDead("\(owner.id)/\(host)/\(Int32.max)/00000000"))
        #expect(!owner.isDead("\(owner.id)/\(host)/\(Int32.max)"))
        #expect(!owner.isHolder("another/host/1"))
    }

    @Test func `settings that lead to no cluster let nobody write`() async throws {
        let paper = try PaperCluster(port: 1)
        try paper.write("kubeconfig", "apiVersion: v1\nkind: Config\n")
        let trouble = try await #require(throws: Trouble.self) { try await paper.workplace().requireWritable() }
        #expect(trouble.code == "cluster-settings")
    }
}
