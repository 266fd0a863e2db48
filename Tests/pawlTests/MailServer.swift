import Foundation
import Processes
import Testing

/// A real server for mail, in Python: it greets, protects, asks for a password, and writes down what it gets.
struct MailServer {
    let port: Int
    private let folder: String
    private let work: Task<Void, Never>

    /// Mail as it came.
    struct Mail: Decodable {
        var sender: String
        var recipients: [String]
        var isProtected: Bool
        var login: String
        var text: String
    }

    /// `protection` is `starttls`, `tls` or `none`; certificate and key in PEM lie in `folder`.
    static func start(_ protection: String, in folder: String) async throws -> MailServer {
        for name in ["port", "mail"] { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
        let work = Task { _ = try? await collect(Command("python3", ["-c", script, protection, folder])) }
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            if let text = try? String(contentsOfFile: folder + "/port", encoding: .utf8), let port = Int(text) {
                return MailServer(port: port, folder: folder, work: work)
            }
            try #require(ContinuousClock.now < deadline, "the mail server does not start")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Stops it and returns what it has got.
    func stop() async throws -> [Mail] {
        work.cancel()
        await work.value
        guard let text = try? String(contentsOfFile: folder + "/mail", encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Mail.self, from: Data($0.utf8)) }
    }

    /// Makes a certificate for `localhost` and its key.
    static func makeCertificate(in folder: String) async throws {
        let made = try await collect(
            Command(
                "openssl",
                ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
                    + ["-addext", "subjectAltName=DNS:localhost"]
                    + ["-keyout", "\(folder)/key.pem", "-out", "\(folder)/cert.pem"]
            )
        )
        try #require(made.status.isSuccess, "\(made.errorText)")
    }

    private static let script = """
        import base64, json, os, socket, ssl, sys
        protection, folder = sys.argv[1:3]
        def protect(connection):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
            return context.wrap_socket(connection, server_side=True)
        server = socket.create_server(("127.0.0.1", 0))
        def put(name, text, mode):
            with open(folder + "/" + name, mode) as file: file.write(text)
        put("port.new", str(server.getsockname()[1]), "w")
        os.rename(folder + "/port.new", folder + "/port")
        def serve(connection):
            isProtected = False
            if protection == "tls":
                connection, isProtected = protect(connection), True
            reader = connection.makefile("rb")
            say = lambda text: connection.sendall((text + "\\r\\n").encode())
            sender, recipients, login = "", [], ""
            say("220 test")
            while True:
                line = reader.readline().decode().strip()
                if not line: return
                verb = line.split(" ")[0].upper()
                if verb in ("EHLO", "HELO"):
                    offers = (["STARTTLS"] if protection == "starttls" and not isProtected else []) + (["AUTH PLAIN"] if isProtected else [])
                    for offer in offers: say("250-" + offer)
                    say("250 OK")
                elif verb == "STARTTLS":
                    say("220 go")
                    connection, isProtected = protect(connection), True
                    reader = connection.makefile("rb")
                    say = lambda text: connection.sendall((text + "\\r\\n").encode())
                elif verb == "AUTH":
                    parts = line.split(" ")
                    if len(parts) < 3:
                        say("334 ")
                        parts.append(reader.readline().decode().strip())
                    login = base64.b64decode(parts[2]).decode()
                    say("235 ok" if login == "\\0ops\\0pass\\\\w\\"ord:1" else "535 no")
                elif verb == "MAIL": sender = line; say("250 ok")
                elif verb == "RCPT": recipients.append(line[8:]); say("250 ok")
                elif verb == "DATA":
                    say("354 go")
                    text = b""
                    while True:
                        part = reader.readline()
                        if part == b".\\r\\n": break
                        text += part
                    put("mail", json.dumps(dict(sender=sender, recipients=recipients, isProtected=isProtected, login=login, text=text.decode())) + "\\n", "a")
                    say("250 taken")
                elif verb == "QUIT": say("221 bye"); return
                else: say("502 what")
        while True:
            connection, _ = server.accept()
            try: serve(connection)
            except OSError: pass
            connection.close()
        """
}
