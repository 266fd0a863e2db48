import Foundation
import ReleasePackage
import SingleVM
import UpgradeModel

/// Finds out about the release that a hop leads to: its package, its variables, its images.
struct TargetScout: Sendable {
    private let site: ComposeSite
    private let look: TargetLook

    init(_ site: ComposeSite, _ look: TargetLook) {
        self.site = site
        self.look = look
    }

    func look(_ package: Result<PackageFolder, any Error>) async -> ObservedTarget {
        let release = look.release
        var missing: Fact<[String]> = .unknown("its package cannot be used")
        var images: Fact<[ObservedImage]> = .unknown("its package cannot be used")
        var databaseImages: Fact<[ObservedDatabaseImage]> = .unknown("its package cannot be used")
        var condition: Fact<PackageCondition>
        switch package {
        case .failure(let error as Trouble) where error.blame == .release: condition = .known(.refused(error))
        case .failure(let error): condition = .unknown("\(Fact<Never>.reason(error))")
        case .success(let folder):
            condition = .known(.sound(bytes: release.package?.bytes ?? 0))
            do {
                let merged = try folder.environment(customer: site.compose.environment().customer)
                let compose = try folder.compose(environment: merged.values)
                missing = .known(compose.missingVariables)
                images = await .of { try await self.images(of: folder, compose) }
                databaseImages = await .of { try await self.databaseImages(of: folder, compose) }
            } catch {
                if error.blame == .release { condition = .known(.refused(error)) }
                missing = .unknown(Fact<Never>.reason(error))
                images = .unknown(Fact<Never>.reason(error))
                databaseImages = .unknown(Fact<Never>.reason(error))
            }
        }
        return ObservedTarget(
            release: release,
            consoleMinimumIsPawls: look.place.catalog.header.countsConsoleAsPawl,
            package: condition,
            missingVariables: missing,
            images: images,
            databaseImages: databaseImages
        )
    }

    private func images(of package: PackageFolder, _ compose: ComposeFile) async throws -> [ObservedImage] {
        var found: [ObservedImage] = []
        for name in compose.images {
            let pinned = package.file.images[name]
            let place: ObservedImage.Place
            if let id = try await site.engine.image(pinned ?? name)?.id {
                place = .engine(id: id)
            } else if !package.imageArchives.isEmpty, let pinned {
                place = .package(id: pinned)
            } else {
                place = .nowhere
            }
            found.append(ObservedImage(name: name, pinned: pinned, place: place))
        }
        return found
    }

    /// For each service that holds databases and runs: what runs, and what the release brings for it.
    private func databaseImages(
        of package: PackageFolder,
        _ compose: ComposeFile
    ) async throws -> [ObservedDatabaseImage] {
        var pairs: [ObservedDatabaseImage] = []
        for service in try await site.deployment().observe().services where service.isDatabase {
            guard let container = service.containers.first, let wanted = compose.service(service.name)?.image else {
                continue
            }
            let running = try await site.engine.image(container.imageID)
            let pinned = package.file.images[wanted]
            let target = try await site.engine.image(pinned ?? wanted)
            let packed = target == nil ? try pinned.flatMap { try package.archivedImage($0) } : nil
            pairs.append(
                ObservedDatabaseImage(
                    service: service.name,
                    running: .init(
                        name: container.imageReference,
                        id: container.imageID,
                        major: PostgresImage.major(
                            name: container.imageReference,
                            environment: running?.environment ?? [],
                            labels: running?.labels ?? [:]
                        )
                    ),
                    target: .init(
                        name: wanted,
                        id: target?.id ?? pinned,
                        major: PostgresImage.major(
                            name: wanted,
                            environment: target?.environment ?? packed?.environment ?? [],
                            labels: target?.labels ?? packed?.labels ?? [:]
                        )
                    )
                )
            )
        }
        return pairs
    }
}
