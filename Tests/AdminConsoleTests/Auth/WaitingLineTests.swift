import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

struct WaitingLineTests {
    private func attempt(_ name: String, _ rank: (Int, Int)?, _ log: Log, isHeld: Bool = false) -> WaitingLine.Attempt {
        WaitingLine.Attempt(
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
        for _ in 0..<8 { #expect(line.enter(attempt("known", nil, log)) == nil) }
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

    /// Ten minutes of 500 addresses that ask 200 times a second, with passwords that take a quarter of a second each.
    @Test func `of a flood at one account one guess a second is looked at, and its owner never waits for 2 s`() {
        let clock = TestClock()
        let throttle = Throttle(now: { clock.now })
        let tally = Tally()
        var line = WaitingLine()

        func ask(from address: String, isRight: Bool) {
            let (begin, tally) = (clock.now, tally)
            guard let ticket = try? throttle.admit("admin", from: address, isKnown: false, waits: true) else { return }
            let attempt = WaitingLine.Attempt(
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
                ask(from: "10.0.\(number % 500 / 250).\(number % 250)", isRight: false)
            }
            // Every ten seconds the owner, in a network of the flood; every other time a wrong password comes first.
            let (turn, part) = step.quotientAndRemainder(dividingBy: 200)
            let owner = "10.0.0.\(250 + turn % 5)"
            if part == 100, turn % 2 == 0 { ask(from: owner, isRight: false) }
            if part == 150 { ask(from: owner, isRight: true) }
            if clock.now >= busyUntil, let next = line.next() {
                next.work()
                busyUntil = clock.now.adding(.milliseconds(250))
            }
            clock.advance(by: .milliseconds(50))
        }
        let sums = tally.sums.withLock(\.self)
        #expect(sums.waits.count == 60)
        // The calculation itself comes on top.
        #expect((sums.waits.max() ?? 9) + 0.25 < 2)
        #expect(sums.guesses <= 50 + 600)
    }
}
