import Foundation
import Testing

@testable import UpgradeModel

private func memory(_ generatedAt: String?, _ entries: [CatalogEntry], helm: Bool = false) -> CatalogMemory {
    let header = CatalogHeader(format: helm ? .helmIndex : .catalog, generatedAt: generatedAt.flatMap { Moment($0) })
    return Catalog.validating(entries, header: header).memory
}

private func code(_ offered: CatalogMemory, after seen: CatalogMemory) -> String? {
    do throws(Trouble) {
        _ = try ReplayGuard.admit(offered, after: seen)
        return nil
    } catch {
        #expect(error.blame == .release)
        #expect(!error.changed)
        return error.code
    }
}

private func packaged(_ version: String, _ digit: String) -> CatalogEntry {
    var entry = CatalogEntry.made(version)
    entry.packagePath = "a.tar.gz"
    entry.packageSHA256 = String(repeating: digit, count: 64)
    return entry
}

@Suite struct ReplayGuardTests {
    private let first = "2026-01-01T00:00:00Z"
    private let second = "2026-01-02T00:00:00Z"

    @Test func `a newer catalog and the same one are admitted`() throws {
        let seen = memory(first, [.made("1.0"), .made("1.1")])
        #expect(try ReplayGuard.admit(seen, after: nil) == seen)
        #expect(code(seen, after: seen) == nil)
        #expect(code(memory(second, [.made("1.0"), .made("1.1"), .made("1.2")]), after: seen) == nil)
        #expect(code(memory(second, [.made("1.1")]), after: seen) == nil)
    }

    @Test func `an older catalog is refused`() {
        let seen = memory(second, [.made("1.0"), .made("1.1")])
        #expect(code(memory(first, [.made("1.0"), .made("1.1")]), after: seen) == "catalog-older")
        #expect(code(memory(nil, [.made("1.0"), .made("1.1")]), after: seen) == "catalog-older")
        let undated = memory(nil, [.made("1.0"), .made("1.1")])
        #expect(code(memory(nil, [.made("1.0")]), after: undated) == "catalog-older")
        #expect(code(memory(nil, []), after: undated) == "catalog-older")
        #expect(code(memory(nil, [.made("1.1")]), after: undated) == nil)
        #expect(code(memory(nil, [.made("1.2")]), after: undated) == nil)
    }

    @Test func `a rewritten release is refused`() {
        let seen = memory(first, [packaged("1.0", "a")])
        #expect(code(memory(second, [packaged("1.00", "a")]), after: seen) == nil)
        #expect(code(memory(second, [packaged("1.0", "b")]), after: seen) == "release-rewritten")
        #expect(code(memory(second, [.made("1.0")]), after: seen) == "release-rewritten")
        let dated = memory(first, [.made("1.0", "2026-01-01", chart: "5")])
        #expect(code(memory(second, [.made("1.0", "2026-01-02", chart: "5")]), after: dated) == "release-rewritten")
        #expect(code(memory(second, [.made("1.0", "2026-01-01", chart: "6")]), after: dated) == "release-rewritten")
        #expect(code(memory(second, [.made("1.0", "2026-01-01")]), after: dated) == "release-rewritten")
        let both: [CatalogEntry] = [.made("1.0", "2026-01-01", chart: "5"), .made("1.0", "2026-01-05", chart: "6")]
        #expect(code(memory(second, both), after: dated) == nil)
        #expect(code(memory(second, [packaged("1.0", "a")]), after: memory(first, [.made("1.0")])) == nil)
    }

    @Test func `a release whose constraints were rewritten is refused`() throws {
        let entry = CatalogEntry.made("1.0", for: ["single-vm"], required: true, package: "1.0", kubernetes: "1.30")
        let seen = memory(first, [entry])
        #expect(code(memory(second, [entry]), after: seen) == nil)
        let changes: [WritableKeyPath<CatalogEntry, String?>: String?] = [
            \.packageMinVersion: nil, \.kubernetes: "1.31",
        ]
        for (path, value) in changes {
            var other = entry
            other[keyPath: path] = value
            #expect(code(memory(second, [other]), after: seen) == "release-rewritten")
        }
        var passable = entry
        passable.isRequired = false
        #expect(code(memory(second, [passable]), after: seen) == "release-rewritten")
        var elsewhere = entry
        elsewhere.deployments = nil
        #expect(code(memory(second, [elsewhere]), after: seen) == "release-rewritten")
        var more = entry
        more.deployments = ["orchestrated", "single-vm"]
        #expect(code(memory(second, [more]), after: seen) == "release-rewritten")
        #expect(code(memory(second, [entry]), after: memory(first, [more])) == "release-rewritten")
    }

    @Test func `a memory that an older Pawl wrote knows no constraints, and learns them`() throws {
        let entry = CatalogEntry.made("1.0", required: true, kubernetes: "1.30")
        let data = try JSONEncoder().encode(memory(first, [entry]))
        var document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        document["fingerprints"] = (document["fingerprints"] as? [[String: Any]])?.map { fingerprint in
            fingerprint.filter { !["required", "deployments", "packageMinVersion", "kubernetes"].contains($0.key) }
        }
        let old = try JSONDecoder().decode(
            CatalogMemory.self,
            from: JSONSerialization.data(withJSONObject: document)
        )
        #expect(old != memory(first, [entry]))
        let learnt = try ReplayGuard.admit(memory(second, [entry]), after: old)
        #expect(learnt == memory(second, [entry]))
        #expect(code(memory(second, [.made("1.0")]), after: learnt) == "release-rewritten")
    }

    @Test func `a release that was withdrawn comes back only as it was`() throws {
        let seen = memory(first, [packaged("1.0", "a"), .made("1.1")])
        let without = try ReplayGuard.admit(memory(second, [.made("1.1")]), after: seen)
        #expect(code(memory(second, [packaged("1.0", "b"), .made("1.1")]), after: without) == "release-rewritten")
        #expect(code(memory(second, [packaged("1.0", "a"), .made("1.1")]), after: without) == nil)
    }

    @Test func `a Helm index may restamp its dates`() {
        let seen = memory(first, [.made("1.0", "2026-01-01", chart: "5")], helm: true)
        #expect(code(memory(second, [.made("1.0", "2026-01-02", chart: "5")], helm: true), after: seen) == nil)
    }

    @Test func `what is remembered survives being written`() throws {
        let seen = memory(first, [packaged("1.0", "a"), .made("1.1-rc.1", chart: "5")])
        let data = try JSONEncoder().encode(seen)
        #expect(try JSONDecoder().decode(CatalogMemory.self, from: data) == seen)
    }
}
