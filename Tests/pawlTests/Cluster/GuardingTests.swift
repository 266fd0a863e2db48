import Foundation
import Kubernetes
import Reports
import SimulatedCluster
import StateStore
import Testing
import UpgradeModel

@testable import pawl

/// `pawl guard`, over a cluster that is simulated.
@Suite(.timeLimit(.minutes(2))) struct GuardingTests {
    private static let maps = "/api/v1/namespaces/shop/configmaps"

    /// Helm's record of a release, as Helm keeps it but for its compression, which it reads as well.
    private static func record(_ version: String) -> JSONValue {
        let manifest =
            "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: shop-database}\n"
            + "spec: {template: {spec: {containers: [{name: database, image: \"postgres:16.4\"}]}}}\n"
        let release: JSONValue = [
            "name": "shop", "namespace": "shop", "version": 1, "manifest": .string(manifest), "config": [:],
            "info": ["status": "deployed", "description": "Install complete"],
            "chart": ["metadata": ["name": "demo", "version": .string(version), "appVersion": .string(version)]],
        ]
        let payload = Data(Data(release.bytes).base64EncodedString().utf8).base64EncodedString()
        let labels: JSONValue = ["name": "shop", "owner": "helm", "status": "deployed", "version": "1"]
        return [
            "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
            "metadata": ["name": "sh.helm.release.v1.shop.v1", "namespace": "shop", "labels": labels],
            "data": ["release": .string(payload)],
        ]
    }

    private static func serve(
        minor: Int = 31,
        _ body: @Sendable @escaping (SimulatedAPIServer, Workplace) async throws -> Void
    ) async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let paper = try PaperCluster(port: port)
            server.servePolicies(minor: minor)
            server.put(record("1.1.0"), in: "/api/v1/namespaces/shop/secrets")
            try await body(server, try paper.workplace())
            withExtendedLifetime(paper) {}
        }
    }

    @Test func `what is installed is what may run, and it goes again without a trace`() async throws {
        try await Self.serve { (server, workplace) async throws in
            let guarding = Guarding(workplace)
            #expect(try await guarding.status().state == .absent)
            let installed = try await guarding.install()
            #expect(installed.state == .installed)
            #expect(installed.policy == "pawl-shop-shop")
            #expect(installed.highWaterMark == "1.1.0")
            #expect(installed.allowed == ["1.1.0"])
            #expect(installed.others == ["StatefulSet/shop-database=16.4"])
            #expect(installed.changed.count == 3)
            #expect(installed.rejects == nil, "there is no workload to try it on")
            #expect(try await guarding.install().changed == [])
            let removed = try await guarding.remove()
            #expect(removed.state == .absent && removed.changed.count == 3)
            #expect(server.objects(in: Self.maps).isEmpty)
        }
    }

    @Test func `where no guard can be, installing is refused and the status says why`() async throws {
        try await Self.serve(minor: 20) { (_, workplace) async throws in
            let guarding = Guarding(workplace)
            let status = try await guarding.status()
            #expect(status.state == .notAvailable)
            #expect(status.reason?.contains("v1.20.4") == true)
            #expect(status.text.hasPrefix("Not available."))
            let refused = await #expect(throws: Trouble.self) { _ = try await guarding.install() }
            #expect(refused?.code == "guard-not-available")
            #expect(refused.map { Reports.ExitStatus($0) } == .refused)
        }
    }

    @Test func `a single machine has no API server`() async throws {
        let paper = try PaperInstallation()
        let workplace = try paper.workplace()
        let refused = await #expect(throws: Trouble.self) { _ = try await Guarding(workplace).status() }
        #expect(refused?.code == "guard-not-available")
        withExtendedLifetime(paper) {}
    }

    @Test func `while somebody is at work the guard stays as it is`() async throws {
        try await Self.serve { (server, workplace) async throws in
            guard let lock = try RunnerLock(in: workplace.data) else { throw CocoaError(.fileLocking) }
            let refused = await #expect(throws: Trouble.self) { _ = try await Guarding(workplace).install() }
            #expect(refused?.code == "another-run")
            #expect(server.objects(in: Self.maps).isEmpty)
            _ = consume lock
        }
    }
}
