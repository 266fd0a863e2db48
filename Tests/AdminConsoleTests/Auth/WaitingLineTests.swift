import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

struct WaitingLineTests {
    private func attempt(
        _ name: String,
        _ rank: (Int, Int)?,
        _ log: Log,
        of account: String = "ada",
        isHeld: Bool = false
    ) -> WaitingLine.Attempt {
        WaitingLine.Attempt(
            account: account,
            rank: rank.map { WaitingLine.Rank(ofAddress: $0.0, ofNetwork: $0.1) },
            takesTurn: { !isHeld },
            work: { log.add(name) },
            isSentAway: { log.add(name + " sent away") }
        )
    }

    /// What has become of whom.
    private final class Log: Sendable {
        private let words = Mutex<[String]>([])

        var all: [String] { words.withLock(\.self) }

        func add(_ text: String) { words.withLock { $0.append(text) } }
    }

    @Test func `known places go first, then whoever has asked least, then whose network has`() {
        var line = WaitingLine()
        let log = Log()
        for (name, rank) in [
            ("often", (7, 7)), ("second of a busy network", (1, 9)), ("fresh in it", (0, 9)), ("fresh", (0, 0)),
        ] {
            #expect(line.enter(attempt(name, rank, log)) == nil)
        }
        #expect(line.enter(attempt("known", nil, log)) == nil)
        while let next = line.next() { next.work() }
        #expect(log.all == ["known", "fresh", "fresh in it", "second of a busy network", "often"])
    }

    @Test func `where the line is full the one that has asked most is sent away, the newest among equals`() {
        var line = WaitingLine()
        let log = Log()
        for index in 1...4 { #expect(line.enter(attempt("\(index)", (3, 3), log)) == nil) }
        line.enter(attempt("another", (3, 3), log))?.isSentAway()
        line.enter(attempt("fresh", (0, 0), log))?.isSentAway()
        for index in 0..<8 { #expect(line.enter(attempt("known", nil, log, of: "account \(index / 2)")) == nil) }
        line.enter(attempt("one too many", nil, log))?.isSentAway()
        #expect(log.all == ["another sent away", "4 sent away", "one too many sent away"])
    }

    @Test func `who waits for an account holds up nobody of another`() {
        var line = WaitingLine()
        let log = Log()
        #expect(line.enter(attempt("held", (0, 0), log, isHeld: true)) == nil)
        #expect(line.enter(attempt("free", (5, 5), log)) == nil)
        line.next()?.work()
        #expect(line.next() == nil)
        #expect(log.all == ["free"])
        #expect(!line.isEmpty)
    }

    @Test
    func `who signs in over and over keeps nobody out: two of an account go first, and every fourth is of the others`()
    {
        var line = WaitingLine()
        let log = Log()
        for index in 0..<4 { #expect(line.enter(attempt("other \(index)", (index, index), log)) == nil) }
        for index in 0..<32 { line.enter(attempt("\(index)", nil, log, of: "viewer"))?.isSentAway() }
        #expect(log.all == (2..<32).map { "\($0) sent away" })
        #expect(line.enter(attempt("admin", nil, log, of: "admin")) == nil)
        // However fast the viewer comes back.
        for index in 32..<44 {
            line.next()?.work()
            line.enter(attempt("\(index)", nil, log, of: "viewer"))?.isSentAway()
        }
        let looked = log.all.filter { !$0.hasSuffix("sent away") }
        #expect(looked.prefix(4) == ["0", "1", "admin", "other 0"])
        #expect(looked.count == 12 && looked.filter { $0.hasPrefix("other") } == ["other 0", "other 1", "other 2"])
    }

    /// What a flood and the owner of its account came to.
    private final class Tally: Sendable {
        struct Sums {
            var guesses = 0
            var waits: [Double] = []
        }

        let sums = Mutex(Sums())

        func count(_ isOwner: Bool, after wait: Double) {
            sums.withLock { if isOwner { $0.waits.append(wait) } else { $0.guesses += 1 } }
        }
    }

    /// 500 addresses that ask in turn.
    @Test func `of a flood at one account one guess a second is looked at, and its owner never waits for 2 s`() {
        // In a network of the flood.
        let sums = flood(
            from: { "10.0.\($0 % 500 / 250).\($0 % 250)" },
            ownerAt: { "10.0.0.\(250 + $0 % 5)" }
        )
        #expect(sums.waits.count == 60)
        // The calculation itself comes on top.
        #expect((sums.waits.max() ?? 9) + 0.25 < 2)
        #expect(sums.guesses <= 50 + 600)
    }

    /// Each guess comes from a /64 that has never asked.
    @Test func `one IPv6 network of ever fresh addresses keeps an owner out neither at once nor after a typo`() {
        let sums = flood(
            from: { NetworkAddress.counted("2001:db8:7:\(String($0 % 65_536, radix: 16))::1") },
            ownerAt: { NetworkAddress.counted("2001:db8:8:\($0)::1") }
        )
        #expect(sums.waits.count == 60)
        #expect((sums.waits.max() ?? 9) + 0.25 < 2)
        #expect(sums.guesses <= 50 + 600)
    }

    /// Ten minutes of 200 guesses a second, with passwords that take a quarter of a second each. Every ten seconds the owner
    /// comes; every other time a wrong password comes first.
    private func flood(from source: (Int) -> String, ownerAt home: (Int) -> String) -> Tally.Sums {
        let clock = TestClock()
        let throttle = Throttle(now: { clock.now })
        let tally = Tally()
        var line = WaitingLine()

        func ask(from address: String, isRight: Bool) {
            let (begin, tally) = (clock.now, tally)
            guard let ticket = try? throttle.admit("admin", from: address, isKnown: false, waits: true) else { return }
            let attempt = WaitingLine.Attempt(
                account: "admin",
                rank: ticket.rank,
                takesTurn: { throttle.takeTurn(ticket) },
                work: {
                    throttle.end(ticket, succeeded: isRight)
                    tally.count(isRight, after: begin.seconds(to: clock.now))
                },
                isSentAway: { throttle.withdraw(ticket) }
            )
            line.enter(attempt)?.isSentAway()
        }

        var busyUntil = clock.now
        for step in 0..<12_000 {
            for number in step * 10..<step * 10 + 10 {
                ask(from: source(number), isRight: false)
            }
            let (turn, part) = step.quotientAndRemainder(dividingBy: 200)
            let owner = home(turn)
            if part == 100, turn % 2 == 0 { ask(from: owner, isRight: false) }
            if part == 150 { ask(from: owner, isRight: true) }
            if clock.now >= busyUntil, let next = line.next() {
                next.work()
                busyUntil = clock.now.adding(.milliseconds(250))
            }
            clock.advance(by: .milliseconds(50))
        }
        return tally.sums.withLock(\.self)
    }
}
