import NIOCore
import UpgradeEngine

/// The events of one run that somebody follows, as they come.
///
/// Whoever comes is a newcomer until they have been sent what was before, in pieces that wait for them to read; from
/// then on they get what comes.
struct RunFeed {
    private struct Newcomer {
        var listener: Listener
        /// The newest event that they were sent or know.
        var after: Int64
        var hasBegun = false
        /// Heartbeats since they were last sent something.
        var beats = 0
    }

    /// What a newcomer is sent next.
    enum Next: Equatable {
        case opening
        /// What was after an event, up to the newest one that is known.
        case history(after: Int64, newest: Int64)
        /// What comes, or nothing more.
        case live
    }

    private var newcomers: [Int: Newcomer] = [:]
    private var settled: [Int: Listener] = [:]
    /// The event before the run's first one, and the newest one that is known.
    private let beginning: Int64
    /// What is known.
    private(set) var knowledge: Knowledge
    private var ending: ByteBuffer?

    /// What is known of the run.
    struct Knowledge: Hashable, Sendable {
        /// The newest event.
        var newest: Int64
        /// Whether nothing was read yet, so that the run may have ended before.
        var isFresh = true
    }

    /// Heartbeats after which a newcomer who has not read on is dropped.
    static let patience = 8

    init(_ span: ClosedRange<Int64>) {
        beginning = span.lowerBound - 1
        knowledge = Knowledge(newest: span.upperBound)
    }

    private var newest: Int64 { knowledge.newest }
    /// The first and the newest event.
    var span: ClosedRange<Int64> { (beginning + 1)...newest }

    var count: Int { newcomers.count + settled.count }
    var isEmpty: Bool { count == 0 }
    var listeners: [Int: Listener] { settled.merging(newcomers.mapValues(\.listener)) { first, _ in first } }

    /// Whether a run may have ended with an event of this kind: an effect that is followed by another is in the journal
    /// together with it.
    static func mayHaveEnded(_ kind: String?, isFresh: Bool) -> Bool {
        guard let kind = kind.flatMap(EventView.Kind.init) else { return isFresh }
        return switch kind {
        case .effectDone, .effectFailed, .effectRefused, .abortRequested, .retryRequested, .restoreRequested: true
        case .created, .started, .taken, .declined, .progress, .effectStarted: false
        }
    }

    mutating func enter(_ number: Int, _ listener: Listener, after event: Int64) {
        newcomers[number] = Newcomer(listener: listener, after: max(event, beginning))
    }

    /// What somebody is to be sent next. Whoever has come to the newest event is a newcomer no more.
    mutating func next(for number: Int) -> Next {
        guard var newcomer = newcomers[number] else { return .live }
        if newcomer.hasBegun { return .history(after: newcomer.after, newest: newest) }
        newcomer.hasBegun = true
        newcomers[number] = newcomer
        settle(number)
        return .opening
    }

    /// Notes up to which event somebody has been sent what was before.
    mutating func note(_ event: Int64, sentTo number: Int) {
        newcomers[number]?.after = event
        newcomers[number]?.beats = 0
        settle(number)
    }

    private mutating func settle(_ number: Int) {
        guard let newcomer = newcomers[number], newcomer.after >= newest else { return }
        newcomers[number] = nil
        if let ending {
            _ = newcomer.listener.give(ending)
            newcomer.listener.finish()
        } else {
            settled[number] = newcomer.listener
        }
    }

    /// Takes what has come since this was known, of which the newest event is this one, and the last piece where the run
    /// has ended. Everybody who has the rest is sent it; newcomers get it when they have got that.
    mutating func take(_ piece: ByteBuffer, newest event: Int64, ending last: ByteBuffer?, since known: Knowledge) {
        // Somebody may have left, and somebody else begun another feed of the run, while it was read.
        guard knowledge == known else { return }
        knowledge = Knowledge(newest: event, isFresh: false)
        if piece.readableBytes > 0 { give(piece) }
        guard let last else { return }
        ending = last
        give(last)
        for listener in settled.values { listener.finish() }
        settled = [:]
    }

    /// Sends a piece to everybody who has been sent the others.
    private mutating func give(_ piece: ByteBuffer) {
        for (number, listener) in settled where !listener.give(piece) { settled[number] = nil }
    }

    /// Sends a sign of life to those who wait, and drops newcomers who do not read.
    mutating func beat() {
        give(StreamText.heartbeat)
        for number in newcomers.keys {
            newcomers[number]?.beats += 1
            guard let newcomer = newcomers[number], newcomer.beats > Self.patience else { continue }
            newcomer.listener.finish()
            newcomer.listener.drop()
            newcomers[number] = nil
        }
    }

    /// Ends the streams of visitors who may not look on any more.
    mutating func dismiss(_ visitors: Set<Visitor>) {
        for (number, listener) in listeners {
            guard let visitor = listener.visitor, visitors.contains(visitor) else { continue }
            listener.finish()
            // One who does not read would not come to the end by themselves.
            if newcomers[number] != nil { listener.drop() }
            remove(number)
        }
    }

    mutating func dropAll() {
        for listener in listeners.values { listener.finish() }
    }

    mutating func remove(_ number: Int) {
        newcomers[number] = nil
        settled[number] = nil
    }
}
