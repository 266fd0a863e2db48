import Hummingbird
import Reports
import UpgradeModel

/// The releases, and the way to each.
struct VersionsDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] {
        [
            .page(.get, "/versions", needs: .look) { visit in
                let releases = try await parts.desk.releases()
                let page = VersionsPage(releases, deployed: try await deployed())
                return parts.renderer.page(
                    "versions",
                    page,
                    title: "Versions",
                    visitor: visit.visitor,
                    here: "/versions"
                )
            },
            .page(.get, "/versions/:version", needs: .look) { visit in
                let text = visit.parameter("version")
                guard let version = try? ReleaseVersion(text) else { throw Refusal.notFound }
                let release = try await parts.desk.release(version)
                // Where an installation cannot be looked at there is no way, and the release is worth showing all the same.
                let way: Way
                do {
                    way = Way(try await parts.desk.plan(to: version))
                } catch let trouble as Trouble {
                    way = Way(trouble)
                }
                let page = VersionPage(release, deployed: try await deployed(), way: way)
                return parts.renderer.page(
                    "version",
                    page,
                    title: "Version \(release.version)",
                    visitor: visit.visitor,
                    here: "/versions"
                )
            },
        ]
    }

    /// The releases that were ever deployed here, as far as runs tell.
    private func deployed() async throws -> Set<String> {
        var versions: Set<String> = []
        for run in try await parts.desk.runs().runs {
            versions.insert(run.from)
            // Of a restore it is the release that came back with the databases.
            if run.state == "restored" { versions.insert(run.hop ?? run.to) }
            guard run.kind == "upgrade" else { continue }
            // A hop is deployed when the run has come to the next one, or to its end.
            let isAt = run.hops.firstIndex { $0 == run.hop } ?? 0
            versions.formUnion(run.state == "succeeded" ? run.hops[...] : run.hops[..<isAt])
        }
        return versions
    }
}
