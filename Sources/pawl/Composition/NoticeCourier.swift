import Crypto
import Foundation
import Glibc
import Processes
import Reports
import UpgradeEngine
import UpgradeModel
import WebClient

/// Brings notices to webhooks, chats and mailboxes.
struct NoticeCourier: NoticeSender {
    /// The folder for what curl reads, mode 0700.
    let folder: String
    /// A file of certificates to trust for mail instead of the system's.
    let authorities: String?
    let now: @Sendable () -> Moment

    /// How long one attempt may take.
    static let patience = Duration.seconds(15)

    func send(_ notice: Notice, to route: NoticeChannel.Route, allowsLocal: Bool) async -> SendResult {
        do {
            switch route {
            case .webhook(let target, let secret):
                let body = JSONText.line(NoticeReport(notice))
                let fields = [
                    HTTPField("X-Pawl-Event", notice.kind.rawValue), HTTPField("X-Pawl-Delivery", notice.id),
                    HTTPField("X-Pawl-Signature", Self.signature(of: body, at: now(), with: secret)),
                ]
                return try await post(body, fields, to: target, allowsLocal)
            case .slack(let target):
                return try await post(JSONText.line(["text": ChatText.of(notice)]), [], to: target, allowsLocal)
            case .mail(let mail): return try await hand(notice, to: mail, allowsLocal)
            }
        } catch let refused as NameLookup.Refused {
            return SendResult(isSent: false, answer: refused.why)
        } catch let failure as WebFailure {
            return SendResult(isSent: false, answer: failure.description)
        } catch let failure as ProcessFailure {
            return SendResult(isSent: false, answer: failure.description)
        } catch {
            return SendResult(isSent: false, answer: "it could not be sent")
        }
    }

    /// `t=SECONDS,v1=DIGITS`: the HMAC with SHA-256, in hexadecimal digits, of the seconds, a dot and the body.
    static func signature(of body: String, at moment: Moment, with secret: String) -> String {
        let time = String(moment.wholeSeconds)
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(time).\(body)".utf8),
            using: SymmetricKey(data: Data(secret.utf8))
        )
        let digits = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return "t=\(time),v1=\(digits)"
    }

    private func post(
        _ body: String,
        _ fields: [HTTPField],
        to target: WebTarget,
        _ allowsLocal: Bool
    ) async throws -> SendResult {
        let server = try await NameLookup.ask(target.host, allowsLocal: allowsLocal)
        let request = HTTPRequest(
            .post,
            .web(target.text),
            fields: [
                HTTPField("Content-Type", "application/json"), HTTPField("User-Agent", "pawl/\(PawlVersion.value)"),
            ] + fields,
            body: .bytes(Array(body.utf8))
        )
        let status = try await answer(to: request, of: target.host, at: server.numbers[...])
        return switch status {
        case 200..<300: SendResult(isSent: true, answer: "HTTP \(status)")
        case 300..<400: SendResult(isSent: false, answer: "HTTP \(status); redirections are not followed")
        default: SendResult(isSent: false, answer: "HTTP \(status)")
        }
    }

    /// The status of the answer, from the first of a server's numbers that can be connected to.
    private func answer(
        to request: HTTPRequest,
        of host: String,
        at numbers: ArraySlice<String>
    ) async throws(WebFailure) -> Int {
        // Another session for each: no connection that was made to another number of the same name is used again.
        let session = WebSession(addresses: numbers.first.map { [host: $0] } ?? [:])
        let result: Result<Int, WebFailure>
        do throws(WebFailure) {
            // Nobody reads what comes back; it only must not be endless.
            result = .success(try await session.send(request, timeout: Self.patience, limit: 64 << 10).status)
        } catch {
            result = .failure(error)
        }
        await session.shutdown()
        if case .failure(.unreachable) = result, numbers.count > 1 {
            return try await answer(to: request, of: host, at: numbers.dropFirst())
        }
        return try result.get()
    }

    private func hand(_ notice: Notice, to mail: MailRoute, _ allowsLocal: Bool) async throws -> SendResult {
        let server = try await NameLookup.ask(mail.host, allowsLocal: allowsLocal)
        let text = MailText.of(notice, from: mail.from, to: mail.to, sentAt: now())
        let outbox = Outbox(folder: folder)
        let message = try outbox.put(text)
        defer { unlink(message) }
        let settings = MailSettings.text(mail, at: server.numbers, message: message, authorities: authorities)
        let ended = try await outbox.lending(settings) { descriptor in
            try await collect(
                MailSettings.command,
                input: .descriptor(descriptor),
                limit: 64 << 10,
                deadline: .seconds(20)
            )
        }
        let code = ended.text.suffix(3)
        if ended.status.isSuccess { return SendResult(isSent: true, answer: "SMTP \(code)") }
        return SendResult(isSent: false, answer: MailSettings.failure(ended, code: String(code)))
    }
}

/// What curl is told.
enum MailSettings {
    /// Everything comes on standard input: arguments are for everybody to see. No file of the user's own is read.
    static let command = Command("curl", ["--disable", "--config", "-"])

    static func text(_ mail: MailRoute, at numbers: [String], message: String, authorities: String?) -> String {
        let scheme = mail.protection == .tls ? "smtps" : "smtp"
        let addresses = numbers.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
        var lines = [
            option("url", "\(scheme)://\(mail.host):\(mail.port)/\(mail.from.domain)"),
            option("resolve", "\(mail.host):\(mail.port):\(addresses)"),
            option("mail-from", mail.from.text),
        ]
        lines += mail.to.map { option("mail-rcpt", $0.text) }
        if mail.protection == .startTLS { lines.append("ssl-reqd") }
        if let user = mail.user, let password = mail.password {
            lines.append(option("user", "\(user):\(password)"))
        }
        if let authorities { lines.append(option("cacert", authorities)) }
        lines += [
            option("upload-file", message), option("proto", "=smtp,smtps"), option("noproxy", "*"),
            option("connect-timeout", "5"), option("max-time", "15"), option("output", "/dev/null"),
            option("write-out", "%{response_code}"), "silent", "show-error", "globoff",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// What went wrong, in the words of curl's exit status: what it prints may repeat what a server says.
    static func failure(_ ended: Collected, code: String) -> String {
        let why =
            switch ended.status {
            case .code(6): "the mail server was not found"
            case .code(7), .code(28): "the mail server could not be reached"
            case .code(35), .code(64): "no protected connection could be made"
            case .code(51), .code(60), .code(77): "the mail server's certificate is not trusted"
            case .code(67): "the mail server refused name and password"
            case .code(55), .code(56): "the mail server broke off or refused the mail"
            default: "curl ended with \(ended.status)"
            }
        return code.count == 3 && code != "000" ? "\(why) (SMTP \(code))" : why
    }

    private static func option(_ name: String, _ value: String) -> String {
        let escaped = value.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
        return "\(name) = \"\(escaped)\""
    }
}

/// The folder in which mail waits for curl, for nobody else to read.
private struct Outbox {
    let folder: String

    /// Stores a text under a name of its own; returns the path.
    func put(_ text: String) throws -> String {
        try make()
        removeRemains()
        let path = "\(folder)/\(UUID().uuidString).eml"
        let file = try create(path)
        defer { close(file) }
        try write(text, to: file)
        return path
    }

    /// Lends a text as an open file that has no name any more: whatever happens, no secret stays on the disk.
    func lending<Value>(_ text: String, _ body: (Int32) async throws -> Value) async throws -> Value {
        try make()
        let path = "\(folder)/\(UUID().uuidString).conf"
        let file = try create(path)
        defer { close(file) }
        unlink(path)
        try write(text, to: file)
        lseek(file, 0, SEEK_SET)
        return try await body(file)
    }

    private func make() throws {
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    private func create(_ path: String) throws(ProcessFailure) -> Int32 {
        // Made with its mode: there is no moment in which others can read it.
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .file(path: path, reason: "it cannot be made") }
        return file
    }

    private func write(_ text: String, to file: Int32) throws(ProcessFailure) {
        let bytes = Array(text.utf8)
        let written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard written == bytes.count else { throw .file(path: folder, reason: "there is no space for a mail") }
    }

    /// Removes what processes that died have left behind.
    private func removeRemains() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            var status = stat()
            let path = "\(folder)/\(name)"
            if stat(path, &status) == 0, time(nil) - status.st_mtim.tv_sec > 3600 { unlink(path) }
        }
    }
}
