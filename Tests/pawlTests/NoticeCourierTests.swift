import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Processes
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

/// Sending to real servers: one of Hummingbird for webhooks, one in Python for mail.
@Suite(.serialized) struct NoticeCourierTests {
    static let at = Moment(wholeSeconds: 1_795_000_000)
    static let secret = "0123456789abcdef0123456789abcdef"

    static let notice = Notice(
        id: "journal/42",
        kind: .needsOperator,
        at: at,
        installation: "shop",
        title: "Upgrade 2026.1.1 → 2026.2.1 needs an operator",
        message: "A migration failed: <b> & \"c\". Mend it.",
        run: RunID("20261118-110640-0001")
    )

    /// A request as the server got it.
    struct Got: Sendable {
        var path: String
        var host: String?
        var fields: [String: String]
        var body: String
    }

    final class Requests: Sendable {
        private let list = Mutex<[Got]>([])
        var all: [Got] { list.withLock(\.self) }
        func add(_ got: Got) { list.withLock { $0.append(got) } }
    }

    private func folder(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/pawl-courier-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private func courier(_ folder: String, authorities: String? = nil) -> NoticeCourier {
        NoticeCourier(folder: folder + "/outbox", authorities: authorities, now: { Self.at })
    }

    /// Serves while the body runs; paths are statuses, or `/redirect` and `/endless`.
    private func withServer(_ body: @Sendable @escaping (Int, Requests) async throws -> Void) async throws {
        let requests = Requests()
        let router = Router()
        router.post("**") { request, _ -> Response in
            let text = try await request.body.collect(upTo: 1 << 20)
            requests.add(
                Got(
                    path: request.uri.path,
                    host: request.head.authority,
                    fields: Dictionary(request.headers.map { ($0.name.canonicalName, $0.value) }) { first, _ in first },
                    body: String(buffer: text)
                )
            )
            switch request.uri.path {
            case "/redirect": return .redirect(to: "/200", type: .temporary)
            case "/endless":
                return Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        for _ in 0..<1000 { try await writer.write(ByteBuffer(repeating: 0x78, count: 1 << 16)) }
                        try await writer.finish(nil)
                    }
                )
            default: return Response(status: .init(code: Int(request.uri.path.dropFirst()) ?? 200))
            }
        }
        try await Application(router: router).test(.live) { client in
            try await body(try #require(client.port), requests)
        }
    }

    private func hook(_ port: Int, _ path: String = "200", host: String = "localhost") throws -> NoticeChannel.Route {
        .webhook(try WebTarget("http://\(host):\(port)/\(path)"), secret: Self.secret)
    }

    @Test func `a webhook gets the notice as JSON, with a signature that another implementation confirms`() async throws
    {
        try await folder { folder in
            try await withServer { port, requests in
                let result = await courier(folder).send(Self.notice, to: try hook(port), allowsLocal: true)
                #expect(result == SendResult(isSent: true, answer: "HTTP 200"))
                let got = try #require(requests.all.first)
                #expect(
                    got.fields["content-type"] == "application/json" && got.fields["x-pawl-delivery"] == "journal/42"
                )
                #expect(got.fields["x-pawl-event"] == "run-needs-operator")
                #expect(got.host == "localhost:\(port)")
                let body = try #require(try JSONSerialization.jsonObject(with: Data(got.body.utf8)) as? [String: Any])
                #expect(
                    Set(body.keys) == ["id", "event", "at", "installation", "title", "message", "run", "release"]
                )
                #expect(body["message"] as? String == Self.notice.message)
                let verified = try await Processes.collect(
                    Command(
                        "python3",
                        [
                            "-c",
                            """
                            import hashlib, hmac, os
                            header, body = os.environ["HEADER"], os.environ["BODY"]
                            parts = dict(part.split("=") for part in header.split(","))
                            code = hmac.new(os.environ["KEY"].encode(), (parts["t"] + "." + body).encode(), hashlib.sha256)
                            print(parts["t"], hmac.compare_digest(code.hexdigest(), parts["v1"]))
                            """,
                        ],
                        environment: [
                            "HEADER": got.fields["x-pawl-signature"] ?? "", "BODY": got.body, "KEY": Self.secret,
                        ]
                    )
                )
                #expect(verified.text == "1795000000 True\n")
            }
        }
    }

    @Test func `a chat gets text, with what has a meaning there escaped`() async throws {
        try await folder { folder in
            try await withServer { port, requests in
                let route = NoticeChannel.Route.slack(try WebTarget("http://127.0.0.1:\(port)/200"))
                #expect(await courier(folder).send(Self.notice, to: route, allowsLocal: true).isSent)
                let got = try #require(requests.all.first)
                let body = try JSONDecoder().decode([String: String].self, from: Data(got.body.utf8))
                #expect(body.keys.sorted() == ["text"])
                #expect(body["text"]?.hasSuffix("A migration failed: &lt;b&gt; &amp; \"c\". Mend it.") == true)
            }
        }
    }

    @Test(arguments: ["500", "404", "redirect", "endless"])
    func `an answer that is no yes is a failure, and no redirection is followed`(path: String) async throws {
        try await folder { folder in
            try await withServer { port, requests in
                let result = await courier(folder).send(Self.notice, to: try hook(port, path), allowsLocal: true)
                #expect(!result.isSent && !result.answer.contains(Self.secret))
                #expect(requests.all.map(\.path) == ["/\(path)"])
            }
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0"])
    func `nothing goes to this machine unless an admin has allowed it`(host: String) async throws {
        try await folder { folder in
            try await withServer { port, requests in
                let result = await courier(folder).send(Self.notice, to: try hook(port, host: host), allowsLocal: false)
                #expect(!result.isSent)
                #expect(requests.all.isEmpty)
            }
        }
    }

    @Test func `a server that is not there, and a name that is none, are failures in words`() async throws {
        try await folder { folder in
            let nobody = await courier(folder).send(Self.notice, to: try hook(1), allowsLocal: true)
            #expect(!nobody.isSent && nobody.answer.contains("could not be reached"))
            let unknown = try hook(80, host: "no-such-name.invalid")
            let result = await courier(folder).send(Self.notice, to: unknown, allowsLocal: true)
            #expect(result == SendResult(isSent: false, answer: "the name no-such-name.invalid was not found"))
        }
    }

    private func mail(
        _ port: Int,
        _ protection: MailRoute.Protection,
        password: String? = "pass\\w\"ord:1"
    ) throws -> NoticeChannel.Route {
        .mail(
            try MailRoute(
                host: "localhost",
                port: port,
                protection: protection,
                user: password == nil ? nil : "ops",
                password: password,
                from: MailAddress("pawl@example.org"),
                to: [MailAddress("ops@example.org"), MailAddress("on-call@example.net")]
            )
        )
    }

    @Test(arguments: [MailRoute.Protection.startTLS, .tls])
    func `mail is handed over protected, with name and password`(protection: MailRoute.Protection) async throws {
        try await folder { folder in
            try await MailServer.makeCertificate(in: folder)
            let server = try await MailServer.start(protection.rawValue, in: folder)
            let courier = courier(folder, authorities: folder + "/cert.pem")
            let result = await courier.send(Self.notice, to: try mail(server.port, protection), allowsLocal: true)
            let got = try await server.stop()
            #expect(result == SendResult(isSent: true, answer: "SMTP 250"))
            let mail = try #require(got.first)
            #expect(got.count == 1 && mail.isProtected)
            #expect(mail.sender.hasPrefix("MAIL FROM:<pawl@example.org>"))
            #expect(mail.recipients == ["<ops@example.org>", "<on-call@example.net>"])
            #expect(mail.text.contains("Date: Wed, 18 Nov 2026 11:06:40 +0000\r\n"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/outbox").isEmpty)
        }
    }

    @Test func `mail without protection goes without a password`() async throws {
        try await folder { folder in
            let server = try await MailServer.start("none", in: folder)
            let route = try mail(server.port, .none, password: nil)
            let result = await courier(folder).send(Self.notice, to: route, allowsLocal: true)
            let got = try await server.stop()
            #expect(result.isSent && got.count == 1 && got.first?.login == "")
        }
    }

    @Test func `a server that does not protect, and one that nobody trusts, get nothing`() async throws {
        try await folder { folder in
            try await MailServer.makeCertificate(in: folder)
            let plain = try await MailServer.start("none", in: folder)
            let first = await courier(folder).send(Self.notice, to: try mail(plain.port, .startTLS), allowsLocal: true)
            #expect(!first.isSent && first.answer.contains("no protected connection"))
            #expect(try await plain.stop().isEmpty)
            let strange = try await MailServer.start("starttls", in: folder)
            let second = await courier(folder).send(
                Self.notice,
                to: try mail(strange.port, .startTLS),
                allowsLocal: true
            )
            #expect(!second.isSent && second.answer.contains("certificate is not trusted"))
            #expect(try await strange.stop().isEmpty)
        }
    }

    @Test func `a wrong password is said to be one, and is not repeated`() async throws {
        try await folder { folder in
            try await MailServer.makeCertificate(in: folder)
            let server = try await MailServer.start("tls", in: folder)
            let courier = courier(folder, authorities: folder + "/cert.pem")
            let route = try mail(server.port, .tls, password: "another-one")
            let result = await courier.send(Self.notice, to: route, allowsLocal: true)
            #expect(!result.isSent && result.answer.contains("refused name and password"))
            #expect(!result.answer.contains("another-one"))
            #expect(try await server.stop().isEmpty)
        }
    }

    @Test func `mail does not go to this machine either unless it is allowed`() async throws {
        try await folder { folder in
            let server = try await MailServer.start("none", in: folder)
            let route = try mail(server.port, .none, password: nil)
            let result = await courier(folder).send(Self.notice, to: route, allowsLocal: false)
            #expect(!result.isSent && result.answer.contains("this machine itself"))
            #expect(try await server.stop().isEmpty)
        }
    }

    @Test func `curl gets everything on its standard input, and nothing that it could take for another option`() throws
    {
        #expect(MailSettings.command == Command("curl", ["--disable", "--config", "-"]))
        guard case .mail(let route) = try mail(587, .startTLS) else { return }
        let text = MailSettings.text(route, at: ["192.0.2.1", "2001:db8::1"], message: "/m", authorities: nil)
        #expect(
            text == """
                url = "smtp://localhost:587/example.org"
                resolve = "localhost:587:192.0.2.1,[2001:db8::1]"
                mail-from = "pawl@example.org"
                mail-rcpt = "ops@example.org"
                mail-rcpt = "on-call@example.net"
                ssl-reqd
                user = "ops:pass\\\\w\\"ord:1"
                upload-file = "/m"
                proto = "=smtp,smtps"
                noproxy = "*"
                connect-timeout = "5"
                max-time = "15"
                output = "/dev/null"
                write-out = "%{response_code}"
                silent
                show-error
                globoff

                """
        )
    }

    @Test func `zones are as the machine's libraries have them`() throws {
        let book = ZoneInformation()
        #expect(book.names.contains("Europe/Madrid") && book.names.first == "UTC")
        for name in ["Mars/Base", "", "GMT+25", "../etc/passwd", "Europe"] {
            #expect(book.rules(of: name, around: Self.at) == nil)
        }
        for name in ["Europe/Madrid", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"] {
            let zone = try #require(TimeZone(identifier: name))
            let rules = try #require(book.rules(of: name, around: Self.at))
            for seconds in stride(from: 1_795_000_000 - 300 * 86_400, to: 1_795_000_000 + 9 * 366 * 86_400, by: 10_801)
            {
                let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
                guard rules.offset(at: Moment(wholeSeconds: seconds)) != expected else { continue }
                Issue.record("\(name) at \(seconds)")
                break
            }
        }
    }
}
