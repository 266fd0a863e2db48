import Glibc
import Synchronization
import UpgradeModel

/// The time: the machine's own, or while the past is made up, one that is moved by hand.
final class StageClock: Sendable {
    private let past = Mutex<Moment?>(nil)

    var now: Moment { past.withLock { $0 } ?? Self.machine }

    /// Whether the past is being made up.
    var isPast: Bool { past.withLock { $0 != nil } }

    /// Goes back by some days, or to the present where none are given.
    func go(back days: Double?) {
        past.withLock { past in
            past = days.map { Moment(microseconds: Self.machine.microseconds - Int64($0 * 86_400_000_000)) }
        }
    }

    /// Lets seconds pass in the past.
    func pass(_ seconds: Double) {
        past.withLock { past in
            past = past.map { Moment(microseconds: $0.microseconds + Int64(seconds * 1_000_000)) }
        }
    }

    private static var machine: Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Moment(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
