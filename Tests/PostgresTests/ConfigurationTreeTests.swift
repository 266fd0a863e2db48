import Foundation
import Processes
import Testing
import UpgradeModel

@testable import Postgres

/// What becomes of symbolic links in a configuration.
@Suite struct ConfigurationTreeTests {
    private struct Place {
        let root: String
        var installation: String { root + "/installation" }
        var log: ToolLog { ToolLog(path: root + "/log") }

        func write(_ text: String, to path: String) throws {
            let file = URL(filePath: "\(root)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }

        func link(_ path: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(atPath: "\(root)/\(path)", withDestinationPath: target)
        }

        /// Packs, and takes what the links led to away; the differences that a proof finds, and the folder unpacked.
        func packed(_ paths: [String]) async throws -> (differences: [String], unpacked: String) {
            let archive = root + "/configuration.tar.zst"
            let contents = try await ConfigurationArchive.write(
                BackupRequest.Configuration(folder: installation, paths: paths),
                to: archive,
                log: log
            )
            try? FileManager.default.removeItem(atPath: root + "/elsewhere")
            let differences = try await ConfigurationArchive.differences(
                contents,
                archive: archive,
                identity: nil,
                folder: root + "/compared",
                log: log
            )
            let unpacked = root + "/unpacked"
            try DurableFiles.makeFolder(unpacked)
            let unpack = Command("tar", ["--extract", "--directory=\(unpacked)"])
            try await Pipes.run(
                FilterCommands.open(archive, identity: nil) + [unpack],
                log: log,
                input: .path(archive),
                code: "test"
            )
            return (differences.map(\.description), unpacked)
        }
    }

    private func with(_ body: (Place) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.path + "/pawl-links-" + UUID().uuidString
        let place = Place(root: root)
        try place.write("KEY=1\n", to: "installation/customer.env")
        try place.write("ca", to: "installation/certs/ca.pem")
        let result: Result<Void, any Error>
        do {
            try await body(place)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? FileManager.default.removeItem(atPath: root)
        try result.get()
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func link(_ path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    @Test func `what links that lead out point to is in the set, in a file's place and in a folder's`() async throws {
        try await with { place in
            try place.write("secret", to: "elsewhere/customer.env")
            try place.write("certificate", to: "elsewhere/archive/chain1.pem")
            try place.write("more", to: "elsewhere/folder/sub/file")
            try place.link("elsewhere/live.pem", to: "archive/chain1.pem")
            try FileManager.default.removeItem(atPath: place.installation + "/customer.env")
            try place.link("installation/customer.env", to: place.root + "/elsewhere/customer.env")
            try place.link("installation/certs/chain.pem", to: "../../elsewhere/live.pem")
            try place.link("installation/certs/again.pem", to: "../../elsewhere/live.pem")
            try place.link("installation/certs/folder", to: "../../elsewhere/folder")
            try place.link("installation/certs/own.pem", to: "ca.pem")
            #expect(ConfigurationTree(["customer.env", "certs"], in: place.installation).bytes == 6 + 2 * 11 + 4 + 4)
            let (differences, unpacked) = try await place.packed(["customer.env", "certs"])
            #expect(differences == [])
            #expect(try text(unpacked + "/customer.env") == "secret")
            #expect(try text(unpacked + "/certs/chain.pem") == "certificate")
            #expect(try text(unpacked + "/certs/again.pem") == "certificate")
            #expect(try text(unpacked + "/certs/folder/sub/file") == "more")
            #expect(try text(unpacked + "/certs/own.pem") == "ca")
            #expect(link(unpacked + "/customer.env") == nil)
        }
    }

    @Test func `the folders above a path are stored by themselves, as they are`() async throws {
        try await with { place in
            try place.write("key", to: "installation/secrets/deep/key.json")
            try place.write("other", to: "installation/secrets/other")
            try place.write("aside", to: "installation/aside/inner/file")
            try place.link("installation/link", to: "aside")
            for (name, mode) in [("secrets", 0o750), ("secrets/deep", 0o711)] {
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode],
                    ofItemAtPath: "\(place.installation)/\(name)"
                )
            }
            let (differences, unpacked) = try await place.packed([
                "secrets/deep/key.json", "link/inner/file", "customer.env",
            ])
            #expect(differences == [])
            #expect(try text(unpacked + "/secrets/deep/key.json") == "key")
            // What lies behind a link is in a folder of its own then.
            #expect(try text(unpacked + "/link/inner/file") == "aside" && link(unpacked + "/link") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: unpacked + "/secrets") == ["deep"])
            for (name, mode) in [("secrets", 0o750), ("secrets/deep", 0o711)] {
                let facts = try FileManager.default.attributesOfItem(atPath: "\(unpacked)/\(name)")
                #expect((facts[.posixPermissions] as? NSNumber)?.intValue == mode)
            }
        }
    }

    @Test func `links between things that are stored stay links`() async throws {
        try await with { place in
            try place.write("1", to: "installation/certs/archive/chain1.pem")
            try place.write("1", to: "installation/certs/live/README")
            try place.link("installation/certs/live/chain.pem", to: "../archive/chain1.pem")
            try place.link("installation/certs/newest", to: "./archive")
            let (differences, unpacked) = try await place.packed(["customer.env", "certs"])
            #expect(differences == [])
            #expect(link(unpacked + "/certs/live/chain.pem") == "../archive/chain1.pem")
            #expect(link(unpacked + "/certs/newest") == "./archive")
            // Of what is not stored itself the link alone would be of no use.
            try place.link("installation/certs/loose", to: "../other")
            try place.write("other", to: "installation/other")
            #expect(ConfigurationTree(["certs"], in: place.installation).followsLinks)
            #expect(!ConfigurationTree(["certs", "other"], in: place.installation).followsLinks)
        }
    }

    @Test(arguments: [
        ("/nowhere/customer.env", "is not there"), ("gone.pem", "is not there"), ("loop", "leads in a circle"),
        ("/dev/null", "is neither a file nor a folder"), ("/", "is a folder that the link is in"),
        ("../..", "is a folder that the link is in"),
    ])
    func `a link whose content cannot be stored is named, and nothing is packed`(target: String, why: String)
        async throws
    {
        try await with { place in
            try place.link("installation/certs/loop", to: target)
            let path = place.installation + "/certs/loop"
            let troubles = ConfigurationTree(["customer.env", "certs"], in: place.installation).troubles
            #expect(troubles.map(\.path) == [path])
            #expect(troubles.first?.reason == "is a symbolic link to \(target), which \(why)")
            do {
                _ = try await place.packed(["customer.env", "certs"])
                Issue.record("it was packed")
            } catch let trouble as Trouble {
                #expect(trouble.code == "configuration-unreadable")
                #expect(trouble.message.contains(path) && trouble.remedy.contains("link"))
            }
        }
    }

    @Test func `links that lead to each other from outside are a circle`() async throws {
        try await with { place in
            try place.write("x", to: "elsewhere/file")
            try place.link("installation/certs/out", to: place.root + "/elsewhere")
            try place.link("elsewhere/back", to: place.installation + "/certs")
            let tree = ConfigurationTree(["certs"], in: place.installation)
            #expect(tree.troubles.map(\.path) == [place.installation + "/certs/out/back"])
        }
    }

    @Test func `what is not there is named`() async throws {
        try await with { place in
            let tree = ConfigurationTree(["customer.env", "keys"], in: place.installation)
            #expect(tree.troubles == [ConfigurationTrouble(path: place.installation + "/keys", reason: "is missing")])
            #expect(tree.files.map(\.path) == ["customer.env"])
        }
    }
}
