import Foundation
import Processes
import Testing
import UpgradeModel

@testable import SingleVM

/// Staging on the real Engine: what is refused, and where images come from.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StageTests {
    @Test func `a file that asks for what it may not is refused, and nothing is left behind`() async throws {
        try await Shop.with { shop in
            let cases: [(Shop.Variation, String)] = [
                (.init(more: "build: /tmp"), "built"), (.init(volume: "elsewhere"), "_elsewhere at /data instead of"),
                (.init(more: "image: \(shop.name)/other:1"), "pinned"),
            ]
            for (variation, word) in cases {
                let content = try await shop.package("1.1.0", variation)
                await expectTrouble("compose-file-refused", saying: [word]) {
                    _ = try await shop.deployment.stage(try shop.two, content: content) { _, _ in }
                }
                #expect(!FileManager.default.fileExists(atPath: shop.folder + "/releases/1.1.0"))
            }
            let broken = try await shop.package("1.1.0")
            try "services: [".write(toFile: broken.folder + "/docker-compose.yml", atomically: true, encoding: .utf8)
            await expectTrouble("compose-file") {
                _ = try await shop.deployment.stage(try shop.two, content: broken) { _, _ in }
            }
            #expect(!FileManager.default.fileExists(atPath: shop.folder + "/releases/1.1.0"))
        }
    }

    @Test func `a database keeps the folder that its data is in`() async throws {
        try await Shop.with { shop in
            let file = shop.folder + "/docker-compose.yml"
            try shop.composeFile(.init(volume: "./data")).write(toFile: file, atomically: true, encoding: .utf8)
            try await shop.up(["database"])
            _ = try await shop.deployment.stage(
                try shop.two,
                content: try await shop.package("1.1.0", .init(volume: "./data"))
            ) { _, _ in }
            for (volume, instead) in [("./moved", "/moved at /data"), ("elsewhere", "_elsewhere at /data")] {
                let content = try await shop.package("1.1.0", .init(volume: volume))
                await expectTrouble("compose-file-refused", saying: [instead, "\(shop.folder)/data"]) {
                    _ = try await shop.deployment.stage(try shop.two, content: content) { _, _ in }
                }
            }
        }
    }

    @Test func `images come from the package where the Engine has not got them`() async throws {
        try await Shop.with { shop in
            let content = try await shop.package("1.1.0")
            let id = try await shop.imageID("1.1.0")
            try FileManager.default.createDirectory(
                atPath: content.folder + "/images",
                withIntermediateDirectories: true
            )
            try await RealEngine.docker(["save", "-o", content.folder + "/images/app.tar", shop.image("1.1.0")])
            try await RealEngine.docker(["rmi", shop.image("1.1.0")])
            let missing = try await shop.deployment.imageStates(pins: content.images).filter { $0.present == nil }
            #expect(missing.map(\.reference) == [shop.image("1.1.0")])
            _ = try await shop.deployment.stage(try shop.two, content: content) { _, _ in }
            #expect(try await shop.imageID("1.1.0") == id)
            #expect(
                try shop.deployment.images(of: shop.deployment.folder.release(try shop.two))?[shop.image("1.1.0")] == id
            )
            let secret = try FileManager.default.attributesOfItem(atPath: shop.folder + "/releases/1.1.0/.env")
            let own = try FileManager.default.attributesOfItem(atPath: shop.folder + "/.env")
            #expect(secret[.posixPermissions] as? Int == own[.posixPermissions] as? Int)
        }
    }

    @Test func `a release that comes back has its images from its package, and where there is none, that is said`()
        async throws
    {
        try await Shop.with { shop in
            let content = try await shop.package("1.1.0")
            _ = try await shop.deployment.stage(try shop.two, content: content) { _, _ in }
            let release = shop.deployment.folder.release(try shop.two)
            let id = try await shop.imageID("1.1.0")
            try FileManager.default.createDirectory(
                atPath: content.folder + "/images",
                withIntermediateDirectories: true
            )
            try await RealEngine.docker(["save", "-o", content.folder + "/images/app.tar", shop.image("1.1.0")])
            try await RealEngine.docker(["rmi", shop.image("1.1.0")])
            #expect(try await shop.deployment.missingImages(of: release).count == 1)
            await expectTrouble("image-missing", saying: [shop.image("1.1.0")]) {
                try await shop.deployment.provideImages(of: release, from: nil) { _, _ in }
            }
            try await shop.deployment.provideImages(of: release, from: content.folder) { _, _ in }
            #expect(try await shop.deployment.missingImages(of: release) == [])
            #expect(try await shop.imageID("1.1.0") == id)
        }
    }

    @Test func `an image under its pinned id gets its name back, and another one under the name is not taken for it`()
        async throws
    {
        try await Shop.with { shop in
            let content = try await shop.package("1.1.0")
            // The name now belongs to the old image, while the pinned one is still there under another name.
            let id = try await shop.imageID("1.1.0")
            try await shop.engine.tag(id, as: ImageReference("\(shop.name)/kept:1"))
            try await shop.engine.tag(try await shop.imageID("1.0.0"), as: ImageReference(shop.image("1.1.0")))
            _ = try await shop.deployment.stage(try shop.two, content: content) { _, _ in }
            #expect(try await shop.imageID("1.1.0") == id)
            var unknown = content
            unknown.images[shop.image("1.1.0")] = "sha256:" + String(repeating: "0", count: 64)
            await expectTrouble("image-missing") {
                _ = try await shop.deployment.stage(try shop.two, content: unknown) { _, _ in }
            }
        }
    }

    @Test func `an archive that is none is the release's fault`() async throws {
        try await Shop.with { shop in
            let content = try await shop.package("1.1.0")
            try FileManager.default.createDirectory(
                atPath: content.folder + "/images",
                withIntermediateDirectories: true
            )
            try "this is no archive".write(
                toFile: content.folder + "/images/app.tar",
                atomically: true,
                encoding: .utf8
            )
            try await RealEngine.docker(["rmi", shop.image("1.1.0")])
            await #expect {
                _ = try await shop.deployment.stage(try shop.two, content: content) { _, _ in }
            } throws: { error in
                (error as? Trouble)?.blame == .release
            }
        }
    }
}
