import Foundation

/// A real server for mail, in Python: it greets, protects, asks for a password, and prints what it gets.
final class MailServer {
    private let process = Process()
    private let output = Pipe()
    let port: Int

    /// Mail as it came.
    struct Mail: Decodable {
        var sender: String
        var recipients: [String]
        var isProtected: Bool
        var login: String
        var text: String
    }

    /// `protection` is `starttls`, `tls` or `none`; certificate and key in PEM lie in `folder`.
    init(_ protection: String, in folder: String) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, protection, folder]
        process.standardOutput = output
        try process.run()
        guard let line = Self.line(output.fileHandleForReading), let port = Int(line) else {
            throw CocoaError(.fileReadUnknown)
        }
        self.port = port
    }

    /// Stops it and returns what it has got.
    func stop() throws -> [Mail] {
        process.terminate()
        process.waitUntilExit()
        let rest = output.fileHandleForReading.readDataToEndOfFile()
        return try String(decoding: rest, as: UTF8.self).split(separator: "\n").map {
            try JSONDecoder().decode(Mail.self, from: Data($0.utf8))
        }
    }

    private static func line(_ file: FileHandle) -> String? {
        var bytes = Data()
        while let byte = try? file.read(upToCount: 1), !byte.isEmpty, byte != Data([10]) { bytes += byte }
        return String(data: bytes, encoding: .utf8)
    }

    /// Makes a certificate for `localhost` and its key.
    static func makeCertificate(in folder: String) throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments =
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
            + ["-addext", "subjectAltName=DNS:localhost", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/cert.pem"]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    private static let script = """
        import base64, json, socket, ssl, sys
        protection, folder = sys.argv[1:3]
        def protect(connection):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
            return context.wrap_socket(connection, server_side=True)
        server = socket.create_server(("127.0.0.1", 0))
        print(server.getsockname()[1], flush=True)
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
                    print(json.dumps(dict(sender=sender, recipients=recipients, isProtected=isProtected, login=login, text=text.decode())), flush=True)
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
