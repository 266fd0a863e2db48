import Foundation
import Hummingbird
import HummingbirdTesting
import StateStore
import Synchronization
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

    /// What a keeper has said.
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var say: @Sendable (String) -> Void { { line in self.lines.withLock { $0.append(line) } } }

        /// What was said since this was asked last.
        func next() -> [String] {
            lines.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    @Test func `that its own certificate was replaced is said in the log, and for two weeks on the dashboard`() throws {
        try withFolder { folder in
            let log = Log()
            let keeper = try CertificateKeeper.own(in: folder, names: ["vm"], now: now, say: log.say)
            clock.advance(seconds: 359 * 86_400)
            #expect(keeper.notices == [] && log.next() == [])
            clock.advance(seconds: 86_400)
            keeper.look()
            let line = try #require(log.next().first)
            #expect(line.contains("another certificate") && line.contains(keeper.facts.fingerprint))
            let notice = try #require(keeper.notices.first)
            #expect(notice.contains("another certificate at \(clock.now)") && notice.contains("fingerprint"))
            clock.advance(seconds: 13 * 86_400)
            #expect(keeper.notices == [notice])
            clock.advance(seconds: 86_400)
            #expect(keeper.notices == [] && log.next() == [])
        }
    }

    @Test func `a renewed certificate that cannot be used is said, and how long the old one counts, until it can be`()
        throws
    {
        try withFolder { folder in
            let (chain, key, log) = (folder + "/c", folder + "/k", Log())
            func put(_ name: String) throws {
                let made = try OwnCertificate.make(names: [name], at: clock.now, days: 100)
                try made.certificate.write(toFile: chain, atomically: true, encoding: .utf8)
                try made.key.write(toFile: key, atomically: true, encoding: .utf8)
            }
            try put("a")
            let keeper = try CertificateKeeper.given(chain: chain, key: key, now: now, say: log.say)
            try put("b")
            try FileManager.default.removeItem(atPath: key)
            clock.advance(seconds: 6)
            let notice = try #require(keeper.notices.first)
            #expect(notice.hasPrefix("\(key) cannot be used") && notice.contains("until \(keeper.facts.notAfter)"))
            #expect(keeper.facts.names == ["a"] && log.next() == [notice])
            clock.advance(seconds: 6)
            #expect(keeper.notices == [notice] && log.next() == [], "it is said once")
            try put("c")
            clock.advance(seconds: 6)
            #expect(keeper.notices == [] && keeper.facts.names == ["c"])
            #expect(
                log.next().map { $0.contains("new certificate") && $0.contains(keeper.facts.fingerprint) } == [true]
            )
        }
    }

    @Test func `that a certificate ends within two weeks is on the dashboard, and once a day in the log`() throws {
        try withFolder { folder in
            let (chain, key, log) = (folder + "/c", folder + "/k", Log())
            let made = try OwnCertificate.make(names: ["a"], at: clock.now, days: 20)
            try made.certificate.write(toFile: chain, atomically: true, encoding: .utf8)
            try made.key.write(toFile: key, atomically: true, encoding: .utf8)
            let keeper = try CertificateKeeper.given(chain: chain, key: key, now: now, say: log.say)
            clock.advance(seconds: 5 * 86_400)
            #expect(keeper.notices == [] && log.next() == [])
            clock.advance(seconds: 86_400)
            let notice = try #require(keeper.notices.first)
            #expect(notice.contains("counts until \(keeper.facts.notAfter)") && notice.contains(chain))
            clock.advance(seconds: 6)
            keeper.look()
            #expect(log.next() == [notice], "once a day")
            clock.advance(seconds: 86_400)
            #expect(keeper.notices == [notice] && log.next() == [notice])
            clock.advance(seconds: 14 * 86_400)
            #expect(keeper.notices.first?.contains("has counted until") == true)
        }
    }

    @Test func `that no other certificate of our own can be made is said, and why`() throws {
        try withFolder { folder in
            let log = Log()
            let keeper = try CertificateKeeper.own(in: folder + "/tls", names: ["vm"], now: now, say: log.say)
            let first = keeper.facts
            try FileManager.default.removeItem(atPath: folder + "/tls")
            clock.advance(seconds: 361 * 86_400)
            let why = "cannot be made as \(folder)/tls/console.crt: No such file or directory."
            #expect(keeper.notices.contains { $0.contains(why) } && log.next().contains { $0.contains(why) })
            #expect(keeper.facts == first)
            try FileManager.default.createDirectory(atPath: folder + "/tls", withIntermediateDirectories: true)
            clock.advance(seconds: 3600)
            #expect(!keeper.notices.contains { $0.contains("cannot") } && keeper.facts != first)
        }
    }

    @Test func `the dashboard has what there is to say of the certificate, and its page when it is replaced`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let folder = FileManager.default.temporaryDirectory.path + "/pawl-tls-" + UUID().uuidString
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let keeper = try CertificateKeeper.own(in: folder, names: ["vm"], now: now)
            var parts = console.parts
            parts.about.certificate = keeper
            try await Application(router: parts.router()).test(.router) { client in
                #expect(try await !viewer.get("/", of: client).text.contains("another certificate"))
                clock.advance(seconds: 361 * 86_400)
                #expect(try await viewer.get("/", of: client).text.contains("has made itself another certificate at"))
                let page = try await viewer.get("/settings/certificate", of: client).text
                #expect(page.contains("with another fingerprint, when less than 30 days are left, also while"))
            }
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
