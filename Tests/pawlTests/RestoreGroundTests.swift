import Foundation
import Testing
import UpgradeModel

@testable import pawl

@Suite struct RestoreGroundTests {
    @Test func `of a set's release only what its manifest lists is unpacked`() async throws {
        try await TestPlace.with { place in
            let names = ["docker-compose.yml", ".env", "images.json"]
            let set = try place.set(files: names.map { StoredFile(path: "release/\($0)", bytes: 1, sha256: "00") })
            try FileManager.default.createDirectory(atPath: set.path + "/release", withIntermediateDirectories: true)
            for name in names + ["docker-compose.override.yml"] {
                try Data("x".utf8).write(to: URL(filePath: "\(set.path)/release/\(name)"))
            }
            let ground = RestoreGround(place.root + "/ground")
            try await ground.copyRelease(of: set, identity: nil)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: ground.folder + "/release").sorted()
                    == names.sorted()
            )
            #expect(ground.releaseTroubles().isEmpty)
        }
    }
}
