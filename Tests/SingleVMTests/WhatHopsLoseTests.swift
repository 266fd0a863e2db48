import Foundation
import Processes
import Synchronization
import Testing
import UpgradeModel

@testable import SingleVM

/// What hops would lose, on the real Engine.
@Suite(.serialized, .timeLimit(.minutes(5))) struct WhatHopsLoseTests {
    private func file(_ shop: Shop) async throws -> ResolvedComposeFile {
        try await shop.deployment.composeFile(of: ReleaseFolder(path: shop.folder))
    }

    private func unnamed(_ shop: Shop) async throws -> [UnnamedVolume] {
        try await shop.deployment.unnamedVolumes(in: file(shop))
    }

    private func write(_ text: String, _ name: String, _ shop: Shop) throws {
        try text.write(toFile: "\(shop.folder)/\(name)", atomically: true, encoding: .utf8)
    }

    @Test func `data in a volume that nobody named is found, and kept by the name that the check proposes`()
        async throws
    {
        try await Shop.with { shop in
            #expect(try await unnamed(shop) == [])
            let more = "volumes: [\"/kept\", \"/empty\"]"
            try write(shop.composeFile(.init(more: more)), "docker-compose.yml", shop)
            try await shop.up(["api"])
            #expect(try await unnamed(shop) == [], "nothing is in them")
            let api = try await shop.container("api")
            let touch = ["exec", api.id, "/bin/busybox", "touch", "/kept/message"]
            try await RealEngine.docker(touch)
            let found = try await unnamed(shop)
            #expect(found.map(\.service) == ["api"])
            #expect(found.map(\.destination) == ["/kept"])
            let volume = try #require(found.first?.volume)

            try write(
                "{services: {api: {volumes: [\"api-kept:/kept\"]}}, "
                    + "volumes: {api-kept: {external: true, name: \(volume)}}, version: \"2.4\"}",
                "docker-compose.override.yml",
                shop
            )
            #expect(try await unnamed(shop) == [])
            try await shop.up(["api"])
            #expect(try await unnamed(shop) == [])
            // As a hop does it: removed, and then made anew.
            try await RealEngine.docker(["rm", "-fv", try await shop.container("api").id])
            try await shop.up(["api"])
            let anew = try await shop.container("api")
            #expect(try await RealEngine.docker(["exec", anew.id, "/bin/busybox", "ls", "/kept"]) == "message")
            try await RealEngine.docker(["rm", "-fv", anew.id])
            // Compose has handed them on by name, so that they outlive their container.
            try await RealEngine.docker(["volume", "rm", "-f"] + api.mounts.map(\.name))
        }
    }

    @Test func `a service of a file that Pawl does not go by is found, and putting back does without it`() async throws
    {
        try await Shop.with { shop in
            #expect(try await shop.deployment.unknownServices(to: file(shop)) == [])
            try write(
                "{version: \"2.4\", services: {exporter: {image: \"\(shop.image("1.0.0"))\", "
                    + "stop_signal: SIGKILL, command: [\"sleep\", \"100000\"]}}}",
                "monitoring.yml",
                shop
            )
            try await shop.up(["exporter"], with: ["docker-compose.yml", "monitoring.yml"])
            let found = try await shop.deployment.unknownServices(to: file(shop))
            #expect(found.map(\.service) == ["exporter"])
            #expect(found.map(\.isActive) == [true])

            // It was started after the checks, and the run is given up after the writers were removed.
            try await shop.deployment.keepInstalled(try shop.one)
            let record = shop.logs + "/writers-0.json"
            _ = try await shop.deployment.recordWriters(of: try shop.one, at: record)
            try await shop.deployment.stopWriters(recordedAt: record) { _, _ in }
            try await shop.deployment.removeWriters(replacing: false)
            let said = Words()
            try await shop.deployment.putBack(recordedAt: record, above: nil, log: shop.logs + "/put-back.log") {
                said.add($0)
                _ = $1
            }
            for service in ["api", "worker"] { #expect(try await shop.container(service).isActive) }
            #expect(said.all.contains { $0.hasPrefix("exporter cannot be made anew") })
            #expect(try await shop.deployment.probePutBack(recordedAt: record, above: nil) == .done(.done))
        }
    }

    @Test func `a restore does without what the operator has added since the set was made`() async throws {
        try await Shop.with { shop in
            let release = ReleaseFolder(path: shop.folder)
            let configuration = shop.logs + "/configuration"
            try FileManager.default.createDirectory(atPath: configuration, withIntermediateDirectories: true)
            func lost() async throws -> [String] {
                try await shop.deployment.servicesLost(to: release, in: configuration).map(\.service)
            }
            #expect(try await lost() == [])
            let addition =
                "{version: \"2.4\", services: {exporter: {image: \"\(shop.image("1.0.0"))\", "
                + "stop_signal: SIGKILL, command: [\"sleep\", \"100000\"]}}}"
            try write(addition, "docker-compose.override.yml", shop)
            try await shop.up(["exporter"])
            #expect(try await lost() == ["exporter"])
            try addition.write(
                toFile: configuration + "/docker-compose.override.yml",
                atomically: true,
                encoding: .utf8
            )
            #expect(try await lost() == [], "the set holds it")
        }
    }

    @Test func `an archive is counted wherever its pieces are cut`() {
        func header(_ name: String, _ kind: Character, size: Int = 0) -> [UInt8] {
            var block = [UInt8](repeating: 0, count: 512)
            block.replaceSubrange(0..<name.utf8.count, with: name.utf8)
            let digits = String(size, radix: 8)
            let octal = String(repeating: "0", count: 11 - digits.count) + digits
            block.replaceSubrange(124..<135, with: octal.utf8)
            block[156] = kind.asciiValue ?? 0
            return block
        }
        func padded(_ count: Int) -> [UInt8] {
            [UInt8](repeating: 120, count: count) + [UInt8](repeating: 0, count: 1024 - count)
        }
        let end = [UInt8](repeating: 0, count: 1024)
        let empty = header("x", "x", size: 600) + padded(600) + header("kept/", "5") + end
        let full = header("kept/", "5") + header("kept/message", "0", size: 700) + padded(700) + end
        for size in [1, 7, 511, 512, 513, 4096] {
            for (archive, names) in [(empty, 1), (full, 2)] {
                var counted = TarNames()
                var found = 0
                for start in stride(from: 0, to: archive.count, by: size) {
                    found = counted.count(in: Array(archive[start..<min(start + size, archive.count)]))
                }
                #expect(found == names)
            }
        }
    }
}

/// Lines that were reported.
private final class Words: Sendable {
    private let words = Mutex<[String]>([])
    var all: [String] { words.withLock { $0 } }
    func add(_ word: String) { words.withLock { $0.append(word) } }
}
