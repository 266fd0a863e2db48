import Foundation
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

struct CertificateTests {
    private let clock = TestClock()

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/pawl-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private var now: @Sendable () -> Moment { { [clock] in clock.now } }

    @Test func `a certificate of our own names the machine, counts for 390 days and is kept until 30 are left`() throws
    {
        try withFolder { folder in
            let names = ["vm.example.org", "localhost", "192.0.2.7", "2001:db8::7"]
            let first = try CertificateKeeper.own(in: folder + "/tls", names: names, now: now).facts
            #expect(first.names == names)
            #expect(first.notBefore.seconds(to: first.notAfter) == 390 * 86_400)
            #expect(first.fingerprint.count == 95)
            let files = FileManager.default
            let key = try files.attributesOfItem(atPath: folder + "/tls/console.key")[.posixPermissions] as? Int
            #expect(key == 0o600)
            let around = try files.attributesOfItem(atPath: folder + "/tls")[.posixPermissions] as? Int
            #expect(around == 0o700)
            clock.advance(seconds: 359 * 86_400)
            let kept = try CertificateKeeper.own(in: folder + "/tls", names: names, now: now)
            #expect(kept.facts == first)
            clock.advance(seconds: 86_400)
            let renewed = try CertificateKeeper.own(in: folder + "/tls", names: names, now: now)
            #expect(renewed.facts.fingerprint != first.fingerprint)
            _ = try renewed.configuration()
        }
    }

    @Test func `a certificate that cannot be used is refused by name`() throws {
        try withFolder { folder in
            let ours = try OwnCertificate.make(names: ["a"], at: clock.now, days: 10)
            let other = try OwnCertificate.make(names: ["b"], at: clock.now, days: 10)
            let (chain, key, foreign, empty) = (folder + "/c", folder + "/k", folder + "/f", folder + "/e")
            try ours.certificate.write(toFile: chain, atomically: true, encoding: .utf8)
            try ours.key.write(toFile: key, atomically: true, encoding: .utf8)
            try other.key.write(toFile: foreign, atomically: true, encoding: .utf8)
            try "nothing".write(toFile: empty, atomically: true, encoding: .utf8)
            #expect(try CertificateKeeper.given(chain: chain, key: key, now: now).facts.names == ["a"])
            for (chain, key, named) in [
                (chain, foreign, foreign), (chain, empty, empty), (empty, key, empty),
                (folder + "/x", key, folder + "/x"),
                (chain, chain, chain),
            ] {
                let trouble = #expect(throws: Trouble.self) {
                    try CertificateKeeper.given(chain: chain, key: key, now: now)
                }
                #expect(trouble?.code == "certificate-unusable")
                #expect(trouble?.message.contains(named) == true)
            }
            clock.advance(seconds: 11 * 86_400)
            #expect(throws: Trouble.self) { try CertificateKeeper.given(chain: chain, key: key, now: now) }
        }
    }

    @Test func `a certificate that was renewed is used without a restart, a broken one changes nothing`() throws {
        try withFolder { folder in
            let (chain, key) = (folder + "/c", folder + "/k")
            func put(_ name: String) throws {
                let made = try OwnCertificate.make(names: [name], at: clock.now, days: 10)
                try made.certificate.write(toFile: chain, atomically: true, encoding: .utf8)
                try made.key.write(toFile: key, atomically: true, encoding: .utf8)
            }
            try put("a")
            let keeper = try CertificateKeeper.given(chain: chain, key: key, now: now)
            try put("b")
            clock.advance(seconds: 6)
            #expect(keeper.facts.names == ["b"])
            try "broken".write(toFile: chain, atomically: true, encoding: .utf8)
            clock.advance(seconds: 6)
            #expect(keeper.facts.names == ["b"])
            try put("c")
            clock.advance(seconds: 6)
            #expect(keeper.facts.names == ["c"])
        }
    }

    @Test func `a certificate of our own is replaced while the console serves, the operator's is not`() throws {
        try withFolder { folder in
            let own = try CertificateKeeper.own(in: folder, names: ["vm"], now: now)
            let first = own.facts
            let given = try CertificateKeeper.given(chain: own.chainPath, key: own.keyPath, now: now)
            clock.advance(seconds: 359 * 86_400)
            #expect(own.facts == first)
            clock.advance(seconds: 86_400)
            #expect(given.facts == first)
            let second = own.facts
            #expect(second.fingerprint != first.fingerprint && second.names == ["vm"])
            #expect(clock.now < second.notBefore.adding(.seconds(7200)))
            // Whoever was given the same files follows, as with any that are renewed.
            clock.advance(seconds: 6)
            #expect(given.facts == second)
        }
    }

    @Test func `programs read of the certificate what the page shows`() throws {
        try withFolder { folder in
            let keeper = try CertificateKeeper.own(in: folder, names: ["vm"], now: now)
            let shown = try #require(CertificateReport(keeper).certificate)
            #expect(shown.own && shown.names == ["vm"] && shown.fingerprint == keeper.facts.fingerprint)
            #expect(shown.path == folder + "/console.crt" && shown.notAfter == keeper.facts.notAfter.description)
            #expect(CertificateReport(nil).certificate == nil)
        }
    }

    @Test func `plain HTTP is served on loopback only`() async throws {
        try await GuardedConsole.with { console in
            for host in ["0.0.0.0", "192.0.2.7", "::", "vm.example.org", "127.evil.example"] {
                let settings = Console.Settings(host: host, port: 0, certificate: nil)
                let trouble = #expect(throws: Trouble.self) {
                    try Console(settings, desk: EmptyDesk(), records: console.store, now: { console.clock.now })
                }
                #expect(trouble?.code == "usage")
            }
            for host in ["127.0.0.1", "::1", "localhost"] {
                let settings = Console.Settings(host: host, port: 0, certificate: nil)
                _ = try Console(settings, desk: EmptyDesk(), records: console.store, now: { console.clock.now })
            }
        }
    }
}
