import AdminConsole
import ArgumentParser
import Foundation
import Glibc
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// The Admin Console.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "The Admin Console: the same installation in a browser.",
        subcommands: [ConsoleServeCommand.self, ConsoleResetPasswordCommand.self]
    )
}

/// Serves the console until it is asked to stop.
struct ConsoleServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the Admin Console. Runs go on when it stops.",
        discussion: """
            pawl console serve                          https on port 8800 of this machine, with a certificate of its own
            pawl console serve --host 0.0.0.0           the same for other machines
            pawl console serve --certificate FILE --key FILE
            pawl console serve --plain                  plain HTTP, on loopback only, as for a proxy on this machine
            pawl console serve --plain --public-url https://pawl.example.org --trusted-proxy 127.0.0.1

            Behind a proxy every request comes from the proxy. With --trusted-proxy its word is taken: the last address in
            X-Forwarded-For that is none of these proxies is counted by limits and noted in the audit trail. From anybody
            else that field is ignored.

            It stops within a second at SIGTERM and SIGINT. A run that nobody carries is carried on at start.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port.") var port = 8800
    @Flag(help: "Plain HTTP; on loopback only.") var plain = false
    @Option(help: "Your own certificate with its chain, in PEM.") var certificate: String?
    @Option(help: "Its private key, in PEM.") var key: String?
    @Option(help: "The address that people use, where a proxy stands in front, such as https://pawl.example.org.")
    var publicURL: String?
    @Option(help: "The address of a proxy whose X-Forwarded-For is believed; may be given several times.")
    var trustedProxy: [String] = []

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("A port is a number from 0 to 65535.") }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key belong together.")
        }
        guard !plain || certificate == nil else { throw ValidationError("--plain needs no certificate.") }
        if let publicURL, Self.origin(publicURL) == nil {
            throw ValidationError("--public-url is an address such as https://pawl.example.org, without a path.")
        }
        guard TrustedProxies(trustedProxy) != nil else {
            throw ValidationError("--trusted-proxy is an address in numbers, such as 10.0.0.2 or 2001:db8::2.")
        }
    }

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        let keeper = try certificateKeeper(workplace)
        let bootstrap =
            try workplace.store.accounts().isEmpty
            ? Bootstrap(path: workplace.data.path + "/console-bootstrap", at: Workplace.now()) : nil
        defer { bootstrap?.remove() }
        let automation = Automation(workplace)
        let console = try Console(
            Console.Settings(
                host: host,
                port: port,
                certificate: keeper,
                publicURL: publicURL.flatMap { Self.origin($0) },
                proxies: TrustedProxies(trustedProxy) ?? .none
            ),
            desk: RedactedDesk(desk: InstallationDesk(workplace: workplace)) { Redaction(of: workplace) },
            records: workplace.store,
            bootstrap: bootstrap,
            version: PawlVersion.current,
            automation: automation,
            now: Workplace.now
        )
        Self.allowManyConnections()
        let bound = Self.stopWithinASecond { bootstrap?.remove() }
        defer { bound.forEach { $0.cancel() } }
        let caretaker = Caretaker(workplace, automation)
        let first = await caretaker.look()
        first.map { Output.remark($0) }
        let (host, publicURL) = (host, publicURL)
        try await withThrowingTaskGroup { group in
            group.addTask { await automation.run() }
            group.addTask {
                // Until the cluster was asked for them, what tools have said is withheld.
                while true {
                    await ClusterSite.learnSecrets(of: workplace)
                    try await Task.sleep(for: .seconds(60))
                }
            }
            group.addTask {
                // A runner may die at any time; whoever looks on sees to it that another takes over. Where this console has
                // come in the place of one that is only just going, the last one's runner dies in the first seconds.
                var said = first
                let start = ContinuousClock.now
                while true {
                    try await Task.sleep(for: start.duration(to: .now) < .seconds(60) ? .seconds(5) : .seconds(30))
                    let words = await caretaker.look()
                    if words != said { words.map { Output.remark($0) } }
                    said = words
                }
            }
            group.addTask {
                // The opening has walked the end of the trail; what was changed before that is found here.
                while true {
                    do throws(Trouble) { try await workplace.store.verifyAuditTrail() } catch {
                        Output.remark(error.text)
                    }
                    try await Task.sleep(for: .seconds(86_400))
                }
            }
            group.addTask {
                // Also where nobody comes for months.
                while true {
                    keeper?.look()
                    try await Task.sleep(for: .seconds(3600))
                }
            }
            try await console.serve { port in
                let name = host.contains(":") ? "[\(host)]" : host
                let address = publicURL ?? "\(keeper == nil ? "http" : "https")://\(name):\(port)"
                Output.remark("The Admin Console listens on \(address)/")
                if let keeper {
                    Output.remark("Its certificate has the SHA-256 fingerprint \(keeper.facts.fingerprint)")
                }
                if let bootstrap { Output.remark(Self.firstStart(bootstrap, at: address)) }
            }
            group.cancelAll()
        }
    }

    private static func firstStart(_ bootstrap: Bootstrap, at address: String) -> String {
        do throws(Trouble) {
            try bootstrap.publish()
            return "Nobody has an account yet. Open \(address)/first-start and enter the secret that stands in "
                + "\(bootstrap.path); it works for a day."
        } catch {
            return error.text
        }
    }

    private func certificateKeeper(_ workplace: Workplace) throws -> CertificateKeeper? {
        if plain { return nil }
        if let certificate, let key {
            return try .given(
                chain: Workplace.absolute(certificate),
                key: Workplace.absolute(key),
                now: Workplace.now,
                say: Output.remark
            )
        }
        return try .own(
            in: workplace.data.path + "/tls",
            names: MachineNames.all(),
            now: Workplace.now,
            say: Output.remark
        )
    }

    /// Whatever does not let go of its connection keeps nobody waiting: what is on the disk is whole at any instant.
    private static func stopWithinASecond(_ last: @escaping @Sendable () -> Void) -> [any DispatchSourceSignal] {
        [SIGTERM, SIGINT].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(900)) {
                    last()
                    Glibc.exit(0)
                }
            }
            source.resume()
            return source
        }
    }

    /// As many open files as the system lets us have, up to what the console serves at once.
    private static func allowManyConnections() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < 4096 else { return }
        limit.rlim_cur = min(limit.rlim_max, 4096)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func origin(_ text: String) -> URL? {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["https", "http"].contains(scheme),
            url.host()?.isEmpty == false, ["", "/"].contains(url.path()), url.query() == nil, url.user() == nil
        else { return nil }
        return url
    }
}

/// Gives an account another password, from the machine itself.
struct ConsoleResetPasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-password",
        abstract: "Set the password of an account of the console; makes an admin where there is none of that name.",
        discussion: """
            The password is asked for, without showing it; without a terminal it is the first line of standard input.
            The account's sessions end, its second factor is taken away, and its API tokens are revoked, unless they are
            to be kept.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The account.") var name = "admin"
    @Flag(help: "Leave its API tokens as they are.") var keepTokens = false

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        let password = try Self.password(of: name)
        let reset = try await ConsoleAccounts(records: workplace.store, now: Workplace.now)
            .reset(name, password: password, keepsTokens: keepTokens, by: Workplace.person)
        Output.remark(Self.words(reset, name))
    }

    private static func words(_ reset: ConsoleAccounts.Reset, _ name: String) -> String {
        guard case .changed(let hadSecondFactor, let tokens) = reset else { return "The admin \(name) is made." }
        var parts = ["its sessions have ended"]
        if hadSecondFactor { parts.append("its second factor is taken away") }
        if tokens > 0 {
            parts.append(tokens == 1 ? "its API token is revoked" : "its \(tokens) API tokens are revoked")
        }
        let last = parts.count > 1 ? ", and " + parts.removeLast() : ""
        return "The password of \(name) is set; \(parts.joined(separator: ", "))\(last)."
    }

    private static func password(of name: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            guard let password = readLine() else { throw missing }
            return password
        }
        let password = try hidden("New password of \(name): ")
        guard try hidden("The same again: ") == password else {
            throw Trouble(.operator, "usage", "The two passwords are not the same.", remedy: "Type the same one twice.")
        }
        return password
    }

    /// A line from the terminal that does not show on it.
    private static func hidden(_ question: String) throws -> String {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { throw missing }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        FileHandle.standardError.write(Data(question.utf8))
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        guard let line = readLine() else { throw missing }
        return line
    }

    private static var missing: Trouble {
        Trouble(.operator, "usage", "No password came on standard input.", remedy: "Type one.")
    }
}
