import Foundation
import Testing
import UpgradeModel

struct NotificationTests {
    static let at = Moment(wholeSeconds: 1_795_000_000)

    private static func notice(_ title: String, _ message: String = "Nothing.") -> Notice {
        Notice(id: "journal/7", kind: .runAborted, at: at, installation: "shop", title: title, message: message)
    }

    private static func mail(_ notice: Notice) throws -> (head: [String], body: String) {
        let text = MailText.of(
            notice,
            from: try MailAddress("pawl@example.org"),
            to: [try MailAddress("ops@example.org"), try MailAddress("on-call@example.net")],
            sentAt: at
        )
        let parts = text.components(separatedBy: "\r\n\r\n")
        let unfolded = parts[0].replacingOccurrences(of: "\r\n ", with: " ")
        let body = try #require(Data(base64Encoded: parts[1], options: .ignoreUnknownCharacters))
        return (unfolded.components(separatedBy: "\r\n"), String(decoding: body, as: UTF8.self))
    }

    @Test func `a mail has the headers that mail must have, and the words of the notice`() throws {
        let (head, body) = try Self.mail(Self.notice("Upgrade aborted", "It broke. Mend it."))
        let names = head.map { $0.prefix { $0 != ":" } }
        #expect(
            names == [
                "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
                "Content-Transfer-Encoding",
            ]
        )
        #expect(head.contains("To: ops@example.org, on-call@example.net"))
        #expect(head.contains("Date: Wed, 18 Nov 2026 11:06:40 +0000"))
        #expect(body.hasPrefix("It broke. Mend it.\n") && body.contains("Installation: shop\n"))
    }

    @Test(arguments: ["x\r\nBcc: thief@example.com", "x\n\nbody", "x\u{85}y", "x\u{2028}Bcc: y", "\0"])
    func `no title can add a header`(title: String) throws {
        let (head, _) = try Self.mail(Self.notice(title))
        #expect(head.count == 9)
        #expect(!head.contains { $0.hasPrefix("Bcc") })
        #expect(head.allSatisfy { $0.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) } })
    }

    @Test func `a long title of any letters comes back whole`() throws {
        let title = String(repeating: "Größe 数 ", count: 20)
        let (head, _) = try Self.mail(Self.notice(title))
        let subject = try #require(head.first { $0.hasPrefix("Subject: ") }).dropFirst(9)
        let words = subject.split(separator: " ").map { word -> String in
            #expect(word.hasPrefix("=?utf-8?B?") && word.hasSuffix("?=") && word.count <= 75)
            let bytes = Data(base64Encoded: String(word.dropFirst(10).dropLast(2))) ?? Data()
            return String(data: bytes, encoding: .utf8) ?? "broken"
        }
        #expect(words.joined() == "[shop] \(title)")
    }

    @Test func `no line of a mail is longer than mail allows`() throws {
        let text = MailText.of(
            Self.notice("x", String(repeating: "long ", count: 5000)),
            from: try MailAddress("pawl@example.org"),
            to: try (0..<20).map { try MailAddress("person-\($0)@example.org") },
            sentAt: Self.at
        )
        #expect(text.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 })
        #expect(!text.replacingOccurrences(of: "\r\n", with: "").contains { $0.isNewline })
    }

    @Test(arguments: [
        "", "x", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a@b\r\nBcc: c", "-oX@b", "a@-b", "<a@b>", "a@b,c@d", "ä@b",
        "\"a\"@b",
    ])
    func `what is no plain address of mail is refused`(text: String) {
        #expect(throws: Trouble.self) { try MailAddress(text) }
    }

    @Test func `a password is never sent in the clear`() throws {
        let address = try MailAddress("a@example.org")
        #expect(throws: Trouble.self) {
            try MailRoute(
                host: "mail",
                port: 25,
                protection: .none,
                user: "u",
                password: "p",
                from: address,
                to: [address]
            )
        }
    }

    @Test(arguments: [
        ("https://hooks.example.org/services/T0/secret", "hooks.example.org", 443, "https://hooks.example.org/…"),
        ("HTTP://Hooks:8080/a?b=c", "hooks", 8080, "http://hooks:8080/…"),
        ("https://[2001:db8::1]/x", "2001:db8::1", 443, "https://[2001:db8::1]/…"),
        ("http://10.0.0.5", "10.0.0.5", 80, "http://10.0.0.5/…"),
    ])
    func `an address of a webhook is read, and shown without what may be secret`(
        text: String,
        host: String,
        port: Int,
        shown: String
    ) throws {
        let target = try WebTarget(text)
        #expect(target.host == host && target.port == port && target.shown == shown)
    }

    @Test(arguments: [
        "", "ftp://example.org/", "file:///etc/passwd", "https://", "https:///x", "https://user@example.org/",
        "https://user:pw@example.org/", "https://example.org/#x", "https://example.org:0/",
        "https://example.org:99999/",
        "https://exa mple.org/", "https://example.org\\@evil.org/", "https://[::1/", "https://[x]/", "https://..",
        "https://é.org/", "https://a/\r\nX: y", "javascript:alert(1)", "//example.org/",
    ])
    func `what is no plain address of the web is refused`(text: String) {
        #expect(throws: Trouble.self) { try WebTarget(text) }
    }

    private static func address(_ text: String) throws -> NetworkAddress {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return try #require(NetworkAddress(bytes: withUnsafeBytes(of: four) { Array($0) }))
        }
        try #require(inet_pton(AF_INET6, text, &six) == 1)
        return try #require(NetworkAddress(bytes: withUnsafeBytes(of: six) { Array($0) }))
    }

    @Test(arguments: [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "169.254.169.254", "169.254.0.1", "100.100.100.200", "224.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "febf::1", "ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    ])
    func `this machine, its link and the clouds' credentials are not for notices`(text: String) throws {
        #expect(try Self.address(text).objection != nil)
    }

    @Test(arguments: [
        "10.0.0.5", "192.168.1.1", "172.16.0.1", "8.8.8.8", "100.100.100.201", "169.253.0.1", "2001:db8::1", "fd12::1",
        "fec0::1", "::ffff:10.0.0.5", "2002:0808:0808::", "64:ff9b::808:808",
    ])
    func `other machines are, also in private networks`(text: String) throws {
        #expect(try Self.address(text).objection == nil)
    }

    @Test func `sending is tried again after longer and longer, and given up within a day`() throws {
        var now = Self.at
        var attempts = 0
        var pause = 0
        while let next = Resending.next(after: attempts + 1, at: now) {
            attempts += 1
            #expect(next.wholeSeconds - now.wholeSeconds > pause)
            pause = next.wholeSeconds - now.wholeSeconds
            #expect(!Resending.isDue(next, at: now) && Resending.isDue(next, at: next))
            now = next
        }
        #expect(attempts == 6 && now.wholeSeconds - Self.at.wholeSeconds < 86_400)
        let nextYear = Moment(wholeSeconds: Self.at.wholeSeconds + 365 * 86_400)
        #expect(Resending.isDue(nextYear, at: Self.at))
    }

    @Test func `a proof that failed is told to whoever is told of aborts`() throws {
        let target = try WebTarget("https://example.org/")
        let channel = try NoticeChannel(id: "1", name: "x", isOn: true, kinds: [.runAborted], route: .slack(target))
        #expect(channel.wants(.backupNotProven) && channel.wants(.runAborted) && !channel.wants(.runStarted))
        let older = try NoticeChannel(id: "2", name: "x", isOn: true, kinds: [.needsOperator], route: .slack(target))
        #expect(older.wants(.runStuck) && !older.wants(.jobFailed) && channel.wants(.jobFailed))
        var off = channel
        off.isOn = false
        #expect(!off.wants(.runAborted))
    }

    @Test func `settings come back from their stored form as they were`() throws {
        let mail = try MailRoute(
            host: "mail.example.org",
            port: 587,
            protection: .startTLS,
            user: "u",
            password: "p",
            from: MailAddress("a@example.org"),
            to: [MailAddress("b@example.org")]
        )
        let hook = try NoticeChannel.Route.webhook(
            WebTarget("https://example.org/x"),
            secret: String(repeating: "s", count: 16)
        )
        let settings = ConsoleSettings(
            checks: .init(schedule: try CronSchedule("5 4 * * sun"), zone: "Europe/Madrid"),
            windows: .init(
                windows: MaintenanceWindows([try .init(days: ["sat", "sun"], from: "22:00", to: "04:00")]),
                zone: "Asia/Tokyo"
            ),
            notifications: .init(
                channels: [
                    try NoticeChannel(id: "1", name: "m", isOn: true, kinds: [.newVersion], route: .mail(mail)),
                    try NoticeChannel(id: "2", name: "w", isOn: false, kinds: Set(NoticeKind.choices), route: hook),
                ],
                allowsLocal: true
            )
        )
        let stored = try JSONEncoder().encode(settings)
        #expect(try JSONDecoder().decode(ConsoleSettings.self, from: stored) == settings)
    }
}
