import Foundation
import Synchronization
import UpgradeEngine
import UpgradeModel

/// Slows guessing of passwords down, per account and address and per address, without keeping an account's owner out.
///
/// What it counts against somebody, it counts against where they come from. An address that has signed in to an account
/// before is only held to what it did itself to that account. Tables are of fixed size.
final class Throttle: Sendable {
    /// What an attempt must be given back with.
    struct Ticket: Sendable {
        fileprivate let pair: Pair
        fileprivate let isKnown: Bool
        /// Until when its address had to wait before it, and until when for it.
        fileprivate let waits: Waits?
        /// Where it stands among those that wait for their turn; nil where it goes first.
        let rank: WaitingLine.Rank?
    }

    fileprivate struct Waits: Sendable {
        let before: Moment
        let since: Moment
    }

    struct Pair: Sendable, Hashable {
        let account: String
        let address: String
    }

    /// Attempts that go through at once, and the longest wait after them, in seconds. Each further failure doubles it.
    enum Limit {
        static let triesOfPair = 5
        static let triesOfAddress = 20
        static let longest = 900.0
        /// Attempts from one address whose password is being looked at.
        static let underway = 2
        static let memory = 3600.0
        static let tableSize = 4096
    }

    private struct Track {
        var failures = 0
        var changedAt: Moment
        var waitUntil: Moment
        var underway = 0

        init(at now: Moment) {
            changedAt = now
            waitUntil = now
        }

        /// Seconds; 0 where they are more than there can be: the clock was set back, and nobody waits for it.
        func wait(at now: Moment) -> Double {
            let seconds = now.seconds(to: waitUntil)
            return seconds > Limit.longest ? 0 : seconds
        }

        mutating func count(at now: Moment, tries: Int, longest: Double) {
            if abs(changedAt.seconds(to: now)) > Limit.memory { failures = 0 }
            failures += 1
            changedAt = now
            let over = failures - tries
            let seconds = over < 0 ? 0 : min(pow(2, Double(min(over, 20))), longest)
            waitUntil = now.adding(.milliseconds(Int(seconds * 1000)))
        }
    }

    private struct State {
        var pairs = BoundedTable<Pair, Track>(largest: Limit.tableSize)
        var addresses = BoundedTable<String, Track>(largest: Limit.tableSize)
        var accounts = BoundedTable<String, Track>(largest: Limit.tableSize)
        /// What was asked for, whether it was looked at or not, by addresses and by their networks.
        var asked = BoundedTable<String, Asked>(largest: Limit.tableSize)

        /// Counts an attempt in, and says where it stands among others.
        mutating func rank(of address: String, at now: Moment) -> WaitingLine.Rank {
            let fresh = Asked(at: now)
            return WaitingLine.Rank(
                ofAddress: asked.change(address, from: fresh, at: now) { $0.count(at: now) },
                ofNetwork: asked.change(NetworkAddress.network(of: address), from: fresh, at: now) {
                    $0.count(at: now)
                }
            )
        }
    }

    private struct Asked {
        var times = 0
        var at: Moment

        init(at now: Moment) { at = now }

        /// Counts one more; returns how many there were before it.
        mutating func count(at now: Moment) -> Int {
            if abs(at.seconds(to: now)) > Limit.memory { times = 0 }
            at = now
            times += 1
            return times - 1
        }
    }

    private let state = Mutex(State())
    private let triesOfAccount: Int
    private let paceOfAccount: Double
    private let now: @Sendable () -> Moment

    /// Failures from addresses that an account does not know come `paceOfAccount` seconds apart at last, once there were
    /// `triesOfAccount` of them.
    init(triesOfAccount: Int = 50, paceOfAccount: Double = 1, now: @escaping @Sendable () -> Moment) {
        self.triesOfAccount = triesOfAccount
        self.paceOfAccount = paceOfAccount
        self.now = now
    }

    /// Lets an attempt through, or says no before anything was calculated. It counts as a failure until it is done.
    ///
    /// One that `waits` is not sent away for what others have tried on the account: it takes its turn later, by
    /// ``takeTurn(_:)``.
    func admit(_ account: String, from address: String, isKnown: Bool, waits isPatient: Bool = false) throws(Refusal)
        -> Ticket
    {
        let now = now()
        let pair = Pair(account: String(account.prefix(64)), address: address)
        let (wait, rank, waits) = state.withLock { state -> (Double, WaitingLine.Rank?, Waits?) in
            let rank = isKnown ? nil : state.rank(of: address, at: now)
            var wait = state.pairs.value(pair)?.wait(at: now) ?? 0
            let underway = state.addresses.value(address)?.underway ?? 0
            if !isKnown {
                wait = max(wait, state.addresses.value(address)?.wait(at: now) ?? 0)
                if !isPatient { wait = max(wait, state.accounts.value(pair.account)?.wait(at: now) ?? 0) }
            }
            if underway >= Limit.underway { wait = max(wait, 1) }
            guard wait <= 0 else { return (wait, rank, nil) }
            let fresh = Track(at: now)
            state.pairs.change(pair, from: fresh, at: now) {
                $0.count(at: now, tries: Limit.triesOfPair, longest: Limit.longest)
            }
            let waits: Waits? = state.addresses.change(address, from: fresh, at: now) {
                $0.underway += 1
                guard !isKnown else { return nil }
                let before = $0.waitUntil
                $0.count(at: now, tries: Limit.triesOfAddress, longest: Limit.longest)
                return Waits(before: before, since: $0.waitUntil)
            }
            if !isKnown, !isPatient { count(pair.account, in: &state, at: now) }
            return (0, rank, waits)
        }
        guard wait <= 0 else { throw .tooMany(seconds: max(1, Int(wait.rounded(.up)))) }
        return Ticket(pair: pair, isKnown: isKnown, waits: waits, rank: rank)
    }

    /// Whether an attempt that waits may be looked at now; counts it as a failure of its account if so.
    func takeTurn(_ ticket: Ticket) -> Bool {
        guard !ticket.isKnown else { return true }
        let now = now()
        return state.withLock { state in
            guard state.accounts.value(ticket.pair.account)?.wait(at: now) ?? 0 <= 0 else { return false }
            count(ticket.pair.account, in: &state, at: now)
            return true
        }
    }

    private func count(_ account: String, in state: inout State, at now: Moment) {
        state.accounts.change(account, from: Track(at: now), at: now) {
            $0.count(at: now, tries: triesOfAccount, longest: paceOfAccount)
        }
    }

    /// An attempt is over. One that succeeded is not held against where it came from. It takes back no more than was
    /// counted for it: what somebody has guessed at other accounts from there still stands.
    func end(_ ticket: Ticket, succeeded: Bool) {
        let now = now()
        state.withLock { state in
            let fresh = Track(at: now)
            state.addresses.change(ticket.pair.address, from: fresh, at: now) {
                $0.underway = max(0, $0.underway - 1)
                guard succeeded, let waits = ticket.waits else { return }
                $0.failures = max(0, $0.failures - 1)
                // Another attempt may have been counted since.
                if $0.waitUntil == waits.since { $0.waitUntil = waits.before }
            }
            guard succeeded else { return }
            state.pairs.remove(ticket.pair)
            if !ticket.isKnown {
                state.asked.change(ticket.pair.address, from: Asked(at: now), at: now) {
                    $0.times = max(0, $0.times - 1)
                }
                state.accounts.change(ticket.pair.account, from: fresh, at: now) {
                    $0.failures = max(0, $0.failures - 1)
                }
            }
        }
    }

    /// An attempt ends without having had its turn, as when too many wait: it says nothing of the password. That the
    /// address asked stays counted, or a flood that fills the queue would do so for as long as it likes.
    func withdraw(_ ticket: Ticket) {
        let now = now()
        state.withLock { state in
            let fresh = Track(at: now)
            state.addresses.change(ticket.pair.address, from: fresh, at: now) { $0.underway = max(0, $0.underway - 1) }
            state.pairs.change(ticket.pair, from: fresh, at: now) {
                $0.failures = max(0, $0.failures - 1)
                $0.waitUntil = min($0.waitUntil, now)
            }
        }
    }

    /// How many keys are remembered at most, over all tables.
    static let largest = 4 * Limit.tableSize
    var count: Int { state.withLock { $0.pairs.count + $0.addresses.count + $0.accounts.count + $0.asked.count } }
}
