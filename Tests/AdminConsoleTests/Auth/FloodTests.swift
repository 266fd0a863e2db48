import Foundation
import Hummingbird
import HummingbirdTesting
import Synchronization
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct FloodTests {
    @Test(.timeLimit(.minutes(2)))
    func `a thousand guesses a second leave the admin able to sign in, from a known address and from a fresh one`()
        async throws
    {
        try await GuardedConsole.with(realTime: true, passwords: Passwords(rounds: 1 << 12)) { console in
            try await console.add("ada", .admin)
            let known = try #require(AccountName("ada"))
            try console.store.remember("127.0.0.3", of: known, at: console.parts.now())
            let browser = Secret.make()
            try console.store.remember(Client.kept(browser), of: known, at: console.parts.now())
            try await console.test(.live) { client in
                let port = try #require(client.port)
                let guesses = Atomic(0)
                let isOver = Atomic(false)
                let attackers = (0..<4).map { index in
                    Thread {
                        while !isOver.load(ordering: .relaxed) {
                            Self.attack(port, from: "127.0.0.2", index, isOver, guesses)
                        }
                    }
                }
                for thread in attackers { thread.start() }
                defer { isOver.store(true, ordering: .relaxed) }
                let begin = ContinuousClock.now
                // The flood is on before anybody else comes.
                while guesses.load(ordering: .relaxed) < 1000 { try await Task.sleep(for: .milliseconds(10)) }
                var times: [Duration] = []
                // From the address of the flood, as behind a proxy, with a browser that is known.
                for source in ["127.0.0.3", "127.0.0.4", "127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.5"] {
                    let start = ContinuousClock.now
                    let answer = try await RawClient.send(
                        RawClient.signIn(
                            "ada",
                            GuardedConsole.password,
                            port: port,
                            cookie: source == "127.0.0.2" ? "\(Client.cookie)=\(browser)" : nil
                        ),
                        port: port,
                        from: source
                    )
                    times.append(ContinuousClock.now - start)
                    #expect(answer.hasPrefix("HTTP/1.1 303"), "\(source)")
                }
                let rate = Double(guesses.load(ordering: .relaxed)) / ((ContinuousClock.now - begin) / .seconds(1))
                print("flood: \(Int(rate)) guesses a second; sign-ins took \(times)")
            }
            let refused = try console.trail().filter { $0 == "- sign-in ada refused" }
            #expect(refused.count <= 20)
        }
    }

    /// Guesses over one connection until it ends.
    private static func attack(
        _ port: Int,
        from source: String,
        _ index: Int,
        _ isOver: borrowing Atomic<Bool>,
        _ guesses: borrowing Atomic<Int>
    ) {
        guard let descriptor = try? RawClient.connection(port: port, from: source) else { return }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var number = 0
        while !isOver.load(ordering: .relaxed) {
            number += 1
            let request = RawClient.signIn("ada", "guess \(index) \(number) of many", port: port, stays: true)
            let bytes = Array(request.utf8)
            guard write(descriptor, bytes, bytes.count) == bytes.count, read(descriptor, &buffer, buffer.count) > 0
            else {
                return
            }
            guesses.add(1, ordering: .relaxed)
        }
    }
}
