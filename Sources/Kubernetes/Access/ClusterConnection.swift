internal import Foundation
internal import WebClient

/// The connections to one cluster, and who we are there at the moment.
///
/// Tokens, certificates and authorities that stand in files are read anew for every request; where a certificate has
/// changed, connections are made anew, and answers that are still coming on the old ones go on. Where a file cannot be
/// read, because somebody is just replacing it, what was read last counts until the server refuses it.
actor ClusterConnection {
    /// The connections, by how long they are kept. Neither kind waits for the other: where watches and logs use up all
    /// that there are, a lease is still renewed.
    struct Sessions: Sendable {
        /// For requests that are over soon.
        var brief: WebSession
        /// For watches and logs.
        var lasting: WebSession
    }

    /// Everything that one request needs.
    struct Prepared: Sendable {
        var sessions: Sessions
        var fields: [HTTPField]
        var secrets: [Secret]
        /// Grows whenever who we are changes.
        var generation: Int
        /// Until when it counts; nil where only the server knows.
        var expires: ClusterTime?
    }

    /// The most watches and logs at once.
    static let mostLasting = 512

    private let access: ClusterAccess
    private let environment: [String: String]
    private let pace: RequestPace
    private var sessions: (tls: TLSOptions, sessions: Sessions)?
    /// What was used last, as long as the server has not refused it.
    private var last: Prepared?
    private var answer: CredentialProgram.Answer?
    private var generation = 0
    private var asking: Task<CredentialProgram.Answer, any Error>?
    private var isShutDown = false
    /// Whether a request has ever come to a good end.
    private(set) var hasSucceeded = false

    init(_ access: ClusterAccess, environment: [String: String], pace: RequestPace) {
        self.access = access
        self.environment = environment
        self.pace = pace
    }

    /// Finds out who we are and with which connections to ask.
    func prepare() async throws(KubernetesError) -> Prepared {
        do throws(KubernetesError) {
            let said = access.server.isSecure ? try await programAnswer() : nil
            guard !isShutDown else {
                throw KubernetesError(.cancelled, "the client was shut down", remedy: "Use another client.")
            }
            return try prepared(said)
        } catch {
            guard error.kind == .credentials, let last, last.expires.map({ pace.now() < $0 }) ?? true else {
                throw error
            }
            return last
        }
    }

    /// Hears that a request came to a good end.
    func succeeded() {
        hasSucceeded = true
    }

    /// Hears that the server did not take us for whom we are, or we not it.
    ///
    /// - Returns: whether asking again may help.
    func wasRefused(_ generation: Int) -> Bool {
        if generation == self.generation {
            last = nil
            answer = nil
        }
        return access.server.isSecure && (access.account.program != nil || access.account.tokenFile != nil)
    }

    /// Says more of an error, where more is known here.
    func explained(_ error: KubernetesError, _ context: RequestContext) -> KubernetesError {
        guard error.kind == .untrusted, let authority = access.authority, let sessions,
            sessions.tls.authorities.lackRoot
        else { return error }
        var explained = error
        let place = if case .file(let path) = authority { path } else { "certificate-authority-data" }
        explained.detail =
            "\(context.server): the server's certificate cannot be traced to its authority: \(place) of \(access.origin) "
            + "has only authorities that another one has signed"
        explained.remedy =
            "Add the certificate of the authority that has signed itself (the root) to \(place); the server is not at "
            + "fault. kubectl does without it, TLS here does not."
        return explained
    }

    /// Closes the connections, for good.
    func shutdown() async {
        isShutDown = true
        asking?.cancel()
        let made = sessions?.sessions
        sessions = nil
        last = nil
        await made?.brief.shutdown()
        await made?.lasting.shutdown()
    }

    /// Where a path of the API is. A server whose certificate has another name is addressed by that one.
    nonisolated func url(_ path: String) -> WebURL {
        let server = access.server
        guard let name = access.serverName else { return .web(server.description + path) }
        return .web((server.isSecure ? "https://" : "http://") + "\(name):\(server.port)\(server.basePath)\(path)")
    }

    private func prepared(_ said: CredentialProgram.Answer?) throws(KubernetesError) -> Prepared {
        var (fields, secrets) = try authorization(said)
        fields += access.account.impersonation?.fields ?? []
        if access.serverName != nil { fields.append(HTTPField("Host", access.server.authority)) }
        let sessions = try sessions(
            TLSOptions(
                authorities: try access.authority.map { source throws(KubernetesError) in
                    .only(try Self.bytes(source, "the certificate of the server's authority"))
                } ?? .system,
                identity: try identity(said),
                isServerVerified: access.isServerVerified
            )
        )
        if last?.fields != fields || last?.sessions.brief !== sessions.brief { generation += 1 }
        let prepared = Prepared(
            sessions: sessions,
            fields: fields,
            secrets: secrets,
            generation: generation,
            expires: said?.expires
        )
        last = prepared
        return prepared
    }

    private func sessions(_ tls: TLSOptions) throws(KubernetesError) -> Sessions {
        if let sessions, sessions.tls == tls { return sessions.sessions }
        var options = WebSession.Options(
            tls: tls,
            proxy: access.proxy,
            addresses: access.serverName.map { [$0: access.server.host] } ?? [:]
        )
        do {
            let brief = try WebSession(options: options)
            options.silence = pace.logSilence
            options.asksSilentPeers = true
            options.connections = Self.mostLasting
            let made = Sessions(brief: brief, lasting: try WebSession(options: options))
            sessions = (tls, made)
            return made
        } catch {
            throw KubernetesError(error, RequestContext(server: access.server.description))
        }
    }

    private func programAnswer() async throws(KubernetesError) -> CredentialProgram.Answer? {
        guard let program = access.account.program else { return nil }
        if let answer, answer.expires.map({ pace.now() < $0 }) ?? true { return answer }
        // Several requests at once ask the program once; it may open a browser, or count.
        let environment = environment
        let task =
            asking
            ?? Task {
                defer { asking = nil }
                let fresh = try await program.ask(inherited: environment)
                answer = fresh
                generation += 1
                return fresh
            }
        asking = task
        do {
            return try await Self.value(of: task)
        } catch {
            throw KubernetesError(passing: error, RequestContext(server: access.server.description))
        }
    }

    /// Waits for what others wait for, too: whoever is cancelled stops waiting, and the rest goes on.
    private static func value<Value: Sendable>(of task: Task<Value, any Error>) async throws -> Value {
        let (results, result) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
        Task { result.yield(await task.result) }
        for await end in results { return try end.get() }
        throw CancellationError()
    }

    private func identity(_ said: CredentialProgram.Answer?) throws(KubernetesError) -> TLSIdentity? {
        // To a server of plain HTTP nothing is shown that proves who we are; kubectl does not, either.
        guard access.server.isSecure else { return nil }
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
        guard access.server.isSecure else { return ([], []) }
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
            // As kubectl does: the token beside it is for when the file could never be read.
            guard last == nil, let token = access.account.token else { throw error }
            return token
        }
    }

    private static func bytes(_ source: PEMSource, _ what: String) throws(KubernetesError) -> [UInt8] {
        switch source {
        case .bytes(let bytes): bytes
        case .file(let path): try AccessFile.read(path, what)
        }
    }
}
