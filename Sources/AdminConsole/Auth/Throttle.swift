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
    func admit(_ account: String, from address: String, isKnown: Bool) throws(Refusal) -> Ticket {
        let now = now()
        let pair = Pair(account: String(account.prefix(64)), address: address)
        let wait = state.withLock { state -> Double in
            var wait = state.pairs.value(pair)?.wait(at: now) ?? 0
            let underway = state.addresses.value(address)?.underway ?? 0
            if !isKnown {
                wait = max(wait, state.addresses.value(address)?.wait(at: now) ?? 0)
                wait = max(wait, state.accounts.value(pair.account)?.wait(at: now) ?? 0)
            }
            if underway >= Limit.underway { wait = max(wait, 1) }
            guard wait <= 0 else { return wait }
            let fresh = Track(at: now)
            state.pairs.change(pair, from: fresh, at: now) {
                $0.count(at: now, tries: Limit.triesOfPair, longest: Limit.longest)
            }
            state.addresses.change(address, from: fresh, at: now) {
                $0.underway += 1
                if !isKnown { $0.count(at: now, tries: Limit.triesOfAddress, longest: Limit.longest) }
            }
            if !isKnown {
                state.accounts.change(pair.account, from: fresh, at: now) {
                    $0.count(at: now, tries: triesOfAccount, longest: paceOfAccount)
                }
            }
            return 0
        }
        guard wait <= 0 else { throw .tooMany(seconds: max(1, Int(wait.rounded(.up)))) }
        return Ticket(pair: pair, isKnown: isKnown)
    }

    /// An attempt is over. One that succeeded is not held against where it came from.
    func end(_ ticket: Ticket, succeeded: Bool) {
        let now = now()
        state.withLock { state in
            let fresh = Track(at: now)
            state.addresses.change(ticket.pair.address, from: fresh, at: now) {
                $0.underway = max(0, $0.underway - 1)
                if succeeded, !ticket.isKnown { $0.failures = max(0, $0.failures - 1) }
                if succeeded { $0.waitUntil = min($0.waitUntil, now) }
            }
            guard succeeded else { return }
            state.pairs.remove(ticket.pair)
            if !ticket.isKnown {
                state.accounts.change(ticket.pair.account, from: fresh, at: now) {
                    $0.failures = max(0, $0.failures - 1)
                }
            }
        }
    }

    /// An attempt ends without having been looked at, as when too many wait: it says nothing of the password. That the
    /// address asked stays counted, or a flood that fills the queue would do so for as long as it likes.
    func withdraw(_ ticket: Ticket) {
        let now = now()
        state.withLock { state in
            let fresh = Track(at: now)
            func forget(_ track: inout Track) {
                track.failures = max(0, track.failures - 1)
                track.waitUntil = min(track.waitUntil, now)
            }
            state.addresses.change(ticket.pair.address, from: fresh, at: now) { $0.underway = max(0, $0.underway - 1) }
            state.pairs.change(ticket.pair, from: fresh, at: now, forget)
            if !ticket.isKnown { state.accounts.change(ticket.pair.account, from: fresh, at: now, forget) }
        }
    }

    /// How many keys are remembered at most, over all tables.
    static let largest = 3 * Limit.tableSize
    var count: Int { state.withLock { $0.pairs.count + $0.addresses.count + $0.accounts.count } }
}
