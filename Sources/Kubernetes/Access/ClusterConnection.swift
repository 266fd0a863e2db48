internal import Foundation
internal import WebClient

/// The connections to one cluster, and who we are there at the moment.
///
/// Tokens, certificates and authorities that stand in files are read anew for every request; where a certificate has
/// changed, connections are made anew, and answers that are still coming on the old ones go on.
actor ClusterConnection {
    /// Everything that one request needs.
    struct Prepared: Sendable {
        var session: WebSession
        var fields: [HTTPField]
        var secrets: [Secret]
        /// Which answer of the credential program it uses.
        var generation: Int
    }

    private let access: ClusterAccess
    private let environment: [String: String]
    private let now: @Sendable () -> ClusterTime
    private var session: (options: WebSession.Options, session: WebSession)?
    private var answer: CredentialProgram.Answer?
    private var generation = 0
    private var asking: Task<CredentialProgram.Answer, any Error>?

    init(_ access: ClusterAccess, environment: [String: String], now: @escaping @Sendable () -> ClusterTime) {
        self.access = access
        self.environment = environment
        self.now = now
    }

    /// Finds out who we are and with which connections to ask.
    func prepare() async throws(KubernetesError) -> Prepared {
        let said = try await programAnswer()
        let identity = try identity(said)
        let options = WebSession.Options(
            tls: TLSOptions(
                authorities: try access.authority.map { source throws(KubernetesError) in
                    .only(try Self.bytes(source, "the certificate of the server's authority"))
                } ?? .system,
                identity: identity,
                isServerVerified: access.isServerVerified
            ),
            proxy: access.proxy,
            addresses: access.serverName.map { [$0: access.server.host] } ?? [:],
            silence: Self.longestSilence,
            asksSilentPeers: true
        )
        var (fields, secrets) = try authorization(said)
        fields += access.account.impersonation?.fields ?? []
        if access.serverName != nil { fields.append(HTTPField("Host", access.server.authority)) }
        if let session, session.options == options {
            return Prepared(session: session.session, fields: fields, secrets: secrets, generation: generation)
        }
        let made: WebSession
        do {
            made = try WebSession(options: options)
        } catch {
            throw KubernetesError(error, RequestContext(server: access.server.description))
        }
        session = (options, made)
        return Prepared(session: made, fields: fields, secrets: secrets, generation: generation)
    }

    /// Hears that the server did not know us with an answer of the credential program.
    ///
    /// - Returns: whether asking again may help.
    func wasRefused(_ generation: Int) -> Bool {
        guard access.account.program != nil else { return access.account.tokenFile != nil }
        if generation == self.generation { answer = nil }
        return true
    }

    /// Closes the connections.
    func shutdown() async {
        let last = session
        session = nil
        await last?.session.shutdown()
    }

    /// Where a path of the API is. A server whose certificate has another name is addressed by that one.
    nonisolated func url(_ path: String) -> WebURL {
        let server = access.server
        guard let name = access.serverName else { return .web(server.description + path) }
        return .web((server.isSecure ? "https://" : "http://") + "\(name):\(server.port)\(server.basePath)\(path)")
    }

    /// Longer than any watch that we ask for, and than any log is left alone.
    static let longestSilence: Duration = .seconds(600)

    private func programAnswer() async throws(KubernetesError) -> CredentialProgram.Answer? {
        guard let program = access.account.program else { return nil }
        if let answer, answer.expires.map({ now() < $0 }) ?? true { return answer }
        // Several requests at once ask the program once; it may open a browser, or count.
        let environment = environment
        let task = asking ?? Task { try await program.ask(inherited: environment) }
        asking = task
        do {
            let fresh = try await task.value
            if asking == task {
                asking = nil
                answer = fresh
                generation += 1
            }
            return fresh
        } catch {
            if asking == task { asking = nil }
            throw KubernetesError(passing: error, RequestContext(server: access.server.description))
        }
    }

    private func identity(_ said: CredentialProgram.Answer?) throws(KubernetesError) -> TLSIdentity? {
        if let certificate = said?.certificate, let key = said?.key {
            return TLSIdentity(certificates: certificate, key: Array(key.revealed.utf8))
        }
        guard let certificate = access.account.certificate, let key = access.account.key else { return nil }
        return TLSIdentity(
            certificates: try Self.bytes(certificate, "the client's certificate"),
            key: try Self.bytes(key, "the client's key")
        )
    }

    private func authorization(_ said: CredentialProgram.Answer?) throws(KubernetesError) -> ([HTTPField], [Secret]) {
        if let token = try token(said) {
            return ([HTTPField("Authorization", "Bearer \(token.revealed)")], [token])
        }
        guard let name = access.account.username else { return ([], []) }
        let password = access.account.password ?? Secret("")
        let pair = base64(Array("\(name):\(password.revealed)".utf8))
        return ([HTTPField("Authorization", "Basic \(pair)")], [password, Secret(pair)])
    }

    private func token(_ said: CredentialProgram.Answer?) throws(KubernetesError) -> Secret? {
        if let token = said?.token { return token }
        guard let path = access.account.tokenFile else { return access.account.token }
        do throws(KubernetesError) {
            let text = String(decoding: try AccessFile.read(path, "the token"), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw KubernetesError(
                    .credentials,
                    "\(path) holds no token",
                    remedy: "Put a token there, on one line."
                )
            }
            return Secret(text)
        } catch {
            // As kubectl does: the token beside it is for when the file cannot be read.
            if let token = access.account.token { return token }
            throw error
        }
    }

    private static func bytes(_ source: PEMSource, _ what: String) throws(KubernetesError) -> [UInt8] {
        switch source {
        case .bytes(let bytes): bytes
        case .file(let path): try AccessFile.read(path, what)
        }
    }
}
