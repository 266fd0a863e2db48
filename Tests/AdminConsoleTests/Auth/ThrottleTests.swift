import Testing
import UpgradeModel

@testable import AdminConsole

struct ThrottleTests {
    private let clock = TestClock()

    private func throttle() -> Throttle { Throttle(now: { [clock] in clock.now }) }

    /// Fails to sign in once; returns the seconds to wait where it was not even looked at.
    private func fail(_ throttle: Throttle, _ account: String, _ address: String, isKnown: Bool = false) -> Int {
        do {
            throttle.end(try throttle.admit(account, from: address, isKnown: isKnown), succeeded: false)
            return 0
        } catch {
            guard case .tooMany(let seconds) = error else { return -1 }
            return seconds
        }
    }

    @Test func `five tries are free, then each wait is twice the one before, up to a quarter of an hour`() {
        let throttle = throttle()
        for _ in 0..<5 { #expect(fail(throttle, "ada", "a") == 0) }
        var waits: [Int] = []
        for _ in 0..<12 {
            let wait = fail(throttle, "ada", "a")
            waits.append(wait)
            clock.advance(seconds: wait)
            #expect(fail(throttle, "ada", "a") == 0)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
    }

    @Test func `a clock that was set back makes nobody wait for it`() {
        let throttle = throttle()
        for _ in 0..<6 { _ = fail(throttle, "ada", "a") }
        #expect(fail(throttle, "ada", "a") > 0)
        clock.advance(seconds: -7200)
        #expect(fail(throttle, "ada", "a") == 0)
    }

    @Test func `an hour of guessing from one address are fewer than a hundred guesses, whatever names it tries`() {
        let throttle = throttle()
        var guesses = 0
        for second in 0..<3600 {
            for attempt in 0..<20 where fail(throttle, attempt < 10 ? "ada" : "n\(second).\(attempt)", "a") == 0 {
                guesses += 1
            }
            clock.advance(seconds: 1)
        }
        #expect(guesses < 100)
    }

    @Test func `a flood from one address delays neither a known address nor a fresh one`() {
        let throttle = throttle()
        for _ in 0..<5000 { _ = fail(throttle, "ada", "flood") }
        #expect(fail(throttle, "ada", "home", isKnown: true) == 0)
        #expect(fail(throttle, "ada", "fresh") == 0)
    }

    @Test func `a flood from many addresses never delays a known one, and a fresh one by a second at most`() {
        let throttle = throttle()
        for address in 0..<20_000 { _ = fail(throttle, "ada", "flood \(address)") }
        #expect(fail(throttle, "ada", "home", isKnown: true) == 0)
        #expect(fail(throttle, "ada", "fresh") <= 1)
        clock.advance(seconds: 1)
        #expect(fail(throttle, "ada", "fresh") == 0)
    }

    @Test func `what is remembered has a fixed size`() {
        let throttle = throttle()
        for index in 0..<50_000 { _ = fail(throttle, "name \(index)", "address \(index)") }
        #expect(throttle.count <= Throttle.largest)
    }

    @Test func `signing in is held against nobody`() throws {
        let throttle = throttle()
        for _ in 0..<100 {
            throttle.end(try throttle.admit("ada", from: "a", isKnown: false), succeeded: true)
        }
        for _ in 0..<4 { #expect(fail(throttle, "ada", "a") == 0) }
        throttle.end(try throttle.admit("ada", from: "a", isKnown: false), succeeded: true)
        for _ in 0..<5 { #expect(fail(throttle, "ada", "a") == 0) }
    }

    /// Somebody with an account of their own tries passwords of others from where they are.
    @Test(arguments: [true, false])
    func `an insider's own sign-ins take nothing back of what their address has guessed`(isKnown: Bool) throws {
        let throttle = throttle()
        var guesses = 0
        for second in 0..<3600 {
            if fail(throttle, "victim \(second)", "desk") == 0 { guesses += 1 }
            if let own = try? throttle.admit("insider", from: "desk", isKnown: isKnown) {
                throttle.end(own, succeeded: true)
            }
            clock.advance(seconds: 1)
        }
        #expect(guesses < 40)
    }

    @Test func `of one address no more than two passwords are looked at at once`() throws {
        let throttle = throttle()
        let tickets = [
            try throttle.admit("a", from: "x", isKnown: false), try throttle.admit("b", from: "x", isKnown: false),
        ]
        #expect(throws: Refusal.tooMany(seconds: 1)) { try throttle.admit("c", from: "x", isKnown: false) }
        _ = try throttle.admit("c", from: "y", isKnown: false)
        for ticket in tickets { throttle.end(ticket, succeeded: false) }
        _ = try throttle.admit("c", from: "x", isKnown: false)
    }

    @Test func `an attempt that was not looked at counts against nobody's password, only as asked from its address`()
        throws
    {
        let throttle = throttle()
        for _ in 0..<15 { throttle.withdraw(try throttle.admit("ada", from: "a", isKnown: false)) }
        for _ in 0..<5 { #expect(fail(throttle, "ada", "a") == 0) }
        #expect(fail(throttle, "bob", "a") == 1)
        for _ in 0..<15 { throttle.withdraw(try throttle.admit("ada", from: "home", isKnown: true)) }
        for _ in 0..<5 { #expect(fail(throttle, "ada", "home", isKnown: true) == 0) }
    }

    @Test func `the machines of one IPv6 network count as one`() {
        #expect(NetworkAddress.counted("2001:db8:1:2::1") == NetworkAddress.counted("2001:db8:1:2:ffff::9"))
        #expect(NetworkAddress.counted("2001:db8:1:3::1") != NetworkAddress.counted("2001:db8:1:2::1"))
        #expect(NetworkAddress.counted("::ffff:192.0.2.1") == "192.0.2.1")
        func network(_ text: String) -> String { NetworkAddress.network(of: NetworkAddress.counted(text)) }
        #expect(network("2001:db8:1:2::1") == network("2001:db8:1:ffff::1"))
        #expect(network("2001:db8:1:2::1") != network("2001:db8:2:2::1"))
        #expect(network("192.0.2.1") == network("192.0.2.254") && network("192.0.2.1") != network("192.0.3.1"))
    }
}
