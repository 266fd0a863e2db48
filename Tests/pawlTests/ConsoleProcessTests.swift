import Crypto
import Foundation
import Processes
import Reports
import Simulators
import StateStore
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

/// The console as an operator starts and stops it: the program itself, over an installation that is only files.
@Suite struct ConsoleProcessTests {
    private static let password = "stapled batteries on horses"

    private func reset(_ paper: PaperInstallation, _ name: String, _ password: String) async throws -> Collected {
        try await collect(
            Command(
                "/bin/sh",
                ["-c", #"word=$1; shift; printf '%s\n' "$word" | "$@" 2>&1"#, "sh", password, paper.binary]
                    + ["console", "reset-password", name] + paper.arguments()
            ),
            limit: 1 << 20,
            deadline: .seconds(60)
        )
    }

    @Test
    func `reset-password makes an admin, sets a password, ends sessions, takes the second factor away and says so`()
        async throws
    {
        let paper = try PaperInstallation()
        let made = try await reset(paper, "ada", Self.password)
        #expect(made.status == .code(0))
        #expect(made.text.contains("The admin ada is made."))
        let store = try paper.workplace(allowsEmpty: true).store
        let ada = try #require(AccountName("ada"))
        let first = try #require(try store.account(ada))
        #expect(first.role == .admin)
        let now = Moment(microseconds: 1_795_000_000_000_000)
        let session = SessionRecord(
            id: "s",
            account: ada,
            createdAt: now,
            seenAt: now,
            confirmedAt: now,
            address: "::1",
            agent: ""
        )
        #expect(try store.begin(session, shown: first, insteadOf: nil, oldest: now, most: 20))
        let factor = SecondFactor(account: ada, secret: Array(repeating: 1, count: 20), setAt: now, newestStep: 0)
        #expect(try store.put(factor, recoveryCodes: ["a"], by: nil))
        let token = TokenRecord(
            digest: "t",
            name: "ci",
            account: ada,
            role: .admin,
            createdAt: now,
            expiresAt: now.adding(.seconds(86_400))
        )
        #expect(try store.put(token, by: nil))
        let weak = try await reset(paper, "ada", "password1234")
        #expect(weak.status == .code(2))
        #expect(try store.account(ada)?.secondFactor == .present)
        let changed = try await reset(paper, "ada", "another set of plain words")
        #expect(changed.status == .code(0))
        let said = changed.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            said.contains(
                "its sessions have ended, its second factor is taken away, and its API token is revoked."
            )
        )
        #expect(try store.tokens(of: ada).isEmpty)
        #expect(try store.account(ada)?.password != first.password)
        #expect(try store.account(ada)?.secondFactor == SecondFactorStanding.none)
        #expect(try store.sessions(of: ada).isEmpty)
        #expect(!made.text.contains(Self.password) && !changed.text.contains("plain words"))
        let trail = try store.audit(before: nil, limit: 99).reversed().map { "\($0.action) \($0.outcome)" }
        #expect(
            trail == [
                "user-added asked", "user-added done", "password-reset asked", "password-reset done",
                "second-factor-removed done", "token-revoked done",
            ]
        )
    }

    @Test func `the console ends well at a signal, with streams open, long before they would end by themselves`()
        async throws
    {
        let paper = try PaperInstallation()
        let token = try paper.addToken()
        for signal in [SIGTERM, SIGINT] {
            try await ServedConsole.with(paper) { console in
                let streams = try (0..<20).map { _ in
                    try console.open(
                        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n"
                    )
                }
                defer { for stream in streams { close(stream) } }
                for stream in streams {
                    #expect(try console.text(of: stream, until: "text/event-stream").hasPrefix("HTTP/1.1 200"))
                }
                let began = ContinuousClock.now
                console.send(signal)
                await console.untilItIsOver()
                // That it takes less than a second is measured by the benchmark, where nothing else is at work.
                #expect(ContinuousClock.now - began < .seconds(12))
                #expect(await console.stop(signal) == 0)
            }
        }
    }

    @Test func `behind a proxy the console answers to its public address, and takes forms that come from there`()
        async throws
    {
        let paper = try PaperInstallation()
        _ = try await reset(paper, "ada", Self.password)
        func signIn(_ console: ServedConsole, host: String, origin: String) throws -> String {
            let form = "name=ada&password=not+hers+at+all"
            let stream = try console.open(
                "POST /sign-in HTTP/1.1\r\nHost: \(host)\r\nOrigin: \(origin)\r\nConnection: close\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
            )
            defer { close(stream) }
            return try console.text(of: stream, until: "\r\n\r\n").lowercased()
        }
        let name = "pawl.example.org"
        try await ServedConsole.with(paper) { console in
            #expect(try signIn(console, host: name, origin: "https://\(name)").hasPrefix("http/1.1 421"))
            let own = try signIn(console, host: "localhost", origin: "http://localhost")
            #expect(own.hasPrefix("http/1.1 422"))
            #expect(!own.contains("strict-transport-security"))
        }
        try await ServedConsole.with(paper, ["--public-url", "https://\(name)"]) { console in
            #expect(console.said.contains("listens on https://\(name)/"))
            let fromProxy = try signIn(console, host: name, origin: "https://\(name)")
            #expect(fromProxy.hasPrefix("http/1.1 422"))
            #expect(fromProxy.contains("strict-transport-security"))
            #expect(try signIn(console, host: name, origin: "https://evil.example").hasPrefix("http/1.1 403"))
            #expect(try signIn(console, host: "evil.example", origin: "https://\(name)").hasPrefix("http/1.1 421"))
        }
        for wrong in ["pawl.example.org", "ftp://pawl.example.org", "https://pawl.example.org/path"] {
            let answer = try await paper.pawl("console", "serve", "--plain", "--public-url", wrong)
            #expect(answer.status == .code(2), "\(wrong)")
        }
        for wrong in ["proxy.example.org", "10.0.0.0/8", "10.0.0.2:80"] {
            let answer = try await paper.pawl("console", "serve", "--plain", "--trusted-proxy", wrong)
            #expect(answer.status == .code(2), "\(wrong)")
        }
    }

    @Test func `a run whose runner has died goes on when the console starts, and one that waits does not`() async throws
    {
        let dead = try PaperInstallation()
        let plan = RunPlan(from: Story.releases[0], hops: [Story.releases[1]], highWaterMark: nil)
        let id = try dead.record(plan, [.event(.started)])
        try await ServedConsole.with(dead) { console in
            try await console.wait(for: "Going on with run \(id).")
            let store = try dead.workplace().store
            let end = ContinuousClock.now + .seconds(60)
            // The folder is no installation: its checks refuse the run, which is an end as good as any.
            while try RunView(of: id, from: store.entries(of: id, after: 0)).endedAt == nil, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try RunView(of: id, from: store.entries(of: id, after: 0)).endedAt != nil)
        }
        let waiting = try PaperInstallation()
        try waiting.recordWaiting()
        try await ServedConsole.with(waiting) { console in
            #expect(!console.said.contains("Going on"))
        }
    }

    @Test func `the unit for systemd is one that it takes, and its options are the program's`() async throws {
        let unit = try String(contentsOfFile: TestPlace.repository + "/packaging/pawl-console.service", encoding: .utf8)
        let lines = unit.split(separator: "\n").map(String.init)
        let start = try #require(lines.first { $0.hasPrefix("ExecStart=") }?.dropFirst("ExecStart=".count))
        let words = start.split(separator: " ").map(String.init)
        #expect(words.prefix(3) == ["/usr/bin/pawl", "console", "serve"])
        let paper = try PaperInstallation()
        let help = try await collect(Command(paper.binary, ["console", "serve", "--help"]), deadline: .seconds(60)).text
        for option in words where option.hasPrefix("--") { #expect(help.contains(option), "\(option)") }
        // It must find what other units stand in its way: a wrong configuration is not tried again.
        #expect(lines.contains("RestartPreventExitStatus=\(Reports.ExitStatus.usage.rawValue)"))
        // Runs go on when the console stops.
        #expect(lines.contains("KillMode=process"))
        let program = "/usr/bin/systemd-analyze"
        guard FileManager.default.isExecutableFile(atPath: program) else { return }
        // The program and its manual need not be installed to look at the unit.
        let known = unit.replacing("/usr/bin/pawl ", with: paper.binary + " ").replacing(
            "Documentation=man:pawl(1)\n",
            with: ""
        )
        try paper.write("pawl-console.service", known)
        let verified = try await collect(
            Command(program, ["verify", paper.root + "/pawl-console.service"]),
            deadline: .seconds(60)
        )
        #expect(verified.status == .code(0), "\(verified.text)")
    }
}

extension PaperInstallation {
    /// Adds an admin with a token; returns its text.
    func addToken() throws -> String {
        let store = try workplace(allowsEmpty: true).store
        guard let name = AccountName("ada") else { throw CocoaError(.formatting) }
        let now = Workplace.now()
        try store.put(Account(name: name, role: .admin, password: nil, createdAt: now, passwordSetAt: now))
        let text = "pawl_" + String(repeating: "t", count: 43)
        let digest = SHA256.hash(data: Data(text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        let token = TokenRecord(
            digest: digest.joined(),
            name: "t",
            account: name,
            role: .admin,
            createdAt: now,
            expiresAt: now.adding(.seconds(3600))
        )
        _ = try store.put(token, by: nil)
        return text
    }
}

/// A console that a process of its own serves on loopback, in plain HTTP.
final class ServedConsole: Sendable {
    struct Failed: Error {
        var what: String
    }

    private let process: Process
    private let port: UInt16
    private let output = Mutex("")
    private let ended = Mutex<Int32?>(nil)

    /// What it has said on standard error.
    var said: String { output.withLock(\.self) }

    static func with(
        _ paper: PaperInstallation,
        _ options: [String] = [],
        _ body: (ServedConsole) async throws -> Void
    ) async throws {
        let console = try ServedConsole(paper, options)
        do {
            try await console.wait(for: "listens on")
            try await body(console)
        } catch {
            _ = await console.stop(SIGKILL)
            throw error
        }
        _ = await console.stop(SIGKILL)
    }

    private init(_ paper: PaperInstallation, _ options: [String]) throws {
        process = Process()
        port = try Self.freePort()
        process.executableURL = URL(filePath: paper.binary)
        process.arguments = ["console", "serve", "--plain", "--port", "\(port)"] + options + paper.arguments()
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let bytes = handle.availableData
            if bytes.isEmpty { handle.readabilityHandler = nil }
            self?.output.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
        }
        process.terminationHandler = { [weak self] process in
            self?.ended.withLock { $0 = process.terminationReason == .exit ? process.terminationStatus : -1 }
        }
        try process.run()
    }

    /// Waits until it has said something.
    func wait(for words: String) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !said.contains(words) {
            guard ContinuousClock.now < end, process.isRunning else { throw Failed(what: "\(words): \(said)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits, within a bound, until the process does nothing more. Foundation hears of that later where others have
    /// been started meanwhile.
    func untilItIsOver() async {
        let path = "/proc/\(process.processIdentifier)/stat"
        let end = ContinuousClock.now + .seconds(30)
        while let stat = try? String(contentsOfFile: path, encoding: .utf8), ContinuousClock.now < end {
            // The state stands behind the name.
            if let name = stat.lastIndex(of: ")"), stat[name...].dropFirst(2).first == "Z" { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Sends a signal where it still runs; returns the exit code, or -1 where it ended otherwise.
    func stop(_ signal: Int32) async -> Int32 {
        if process.isRunning { send(signal) }
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if let code = ended.withLock(\.self) { return code }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return -2
    }

    /// A port that nobody listens on. Behind a public address the console does not say which it has taken.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var (address, size) = (loopback(0), socklen_t(MemoryLayout<sockaddr_in>.size))
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw Failed(what: "no port") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Opens a connection and sends a request; returns the descriptor.
    func open(_ request: String) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port)
        let isOpen = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let bytes = Array(request.utf8)
        guard isOpen, write(descriptor, bytes, bytes.count) == bytes.count else { throw Failed(what: "connection") }
        return descriptor
    }

    /// What comes over a connection until it holds some text or ends.
    func text(of descriptor: Int32, until words: String) throws -> String {
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var (text, buffer) = ("", [UInt8](repeating: 0, count: 4096))
        while !text.contains(words) {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }
}
