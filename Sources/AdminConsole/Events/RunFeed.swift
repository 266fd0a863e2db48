import NIOCore
import UpgradeEngine

/// The events of one run that somebody follows, as they are sent.
struct RunFeed {
    /// An event as it is sent.
    struct Piece {
        var id: Int64
        var bytes: ByteBuffer
    }

    /// Somebody who has not been sent anything yet.
    struct Newcomer {
        var listener: Listener
        /// The event that they know already.
        var after: Int64
    }

    var newcomers: [Int: Newcomer] = [:]
    private var settled: [Int: Listener] = [:]
    /// The event before the first one that is kept.
    private var base: Int64
    private var pieces: [Piece] = []
    /// Whether nothing was read yet.
    private(set) var isFresh = true

    /// The most events that are kept for those who come later.
    static let most = 20_000

    init(after event: Int64) { base = event }

    var count: Int { newcomers.count + settled.count }
    var isEmpty: Bool { count == 0 }
    var listeners: [Int: Listener] { settled.merging(newcomers.mapValues(\.listener)) { first, _ in first } }

    /// The event after which the journal is to be read: the newest that is known, or one before all that are kept where
    /// a newcomer wants more.
    var wanted: Int64 {
        let oldest = newcomers.values.map(\.after).min() ?? base
        return oldest < base ? oldest : pieces.last?.id ?? base
    }

    /// Whether a run may have ended with an event of this kind: an effect that is followed by another is in the journal
    /// together with it.
    static func mayHaveEnded(_ kind: String?, isFresh: Bool) -> Bool {
        guard let kind = kind.flatMap(EventView.Kind.init) else { return isFresh }
        return switch kind {
        case .effectDone, .effectFailed, .effectRefused, .abortRequested, .retryRequested, .restoreRequested: true
        case .created, .started, .taken, .declined, .progress, .effectStarted: false
        }
    }

    /// Takes what was read after an event, and sends everybody what they lack.
    mutating func take(_ new: [Piece], after event: Int64) {
        let known = pieces.last?.id ?? base
        if event < base {
            base = event
            pieces = new
        } else {
            pieces += new.filter { $0.id > known }
        }
        isFresh = false
        let latest = Self.joined(new.filter { $0.id > known })
        for (number, listener) in settled where latest.readableBytes > 0 && !listener.give(latest) {
            settled[number] = nil
        }
        for (number, newcomer) in newcomers where newcomer.after >= base {
            var first = StreamText.opening
            first.writeImmutableBuffer(Self.joined(pieces.drop { $0.id <= newcomer.after }))
            newcomers[number] = nil
            if newcomer.listener.give(first) { settled[number] = newcomer.listener }
        }
        if pieces.count > Self.most {
            base = pieces[pieces.count - Self.most - 1].id
            pieces.removeFirst(pieces.count - Self.most)
        }
    }

    /// Sends a piece to everybody who has been sent the others.
    mutating func give(_ piece: ByteBuffer) {
        for (number, listener) in settled where !listener.give(piece) { settled[number] = nil }
    }

    /// Sends the last piece.
    mutating func finish(_ piece: ByteBuffer) {
        give(piece)
        for listener in settled.values { listener.finish() }
        settled = [:]
        // Whoever has come meanwhile is to be told of the end, too.
        isFresh = true
    }

    /// Ends the streams of visitors who may not look on any more.
    mutating func dismiss(_ visitors: Set<Visitor>) {
        for (number, listener) in listeners {
            guard let visitor = listener.visitor, visitors.contains(visitor) else { continue }
            listener.finish()
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

    private static func joined(_ pieces: some Collection<Piece>) -> ByteBuffer {
        if pieces.count == 1, let only = pieces.first { return only.bytes }
        var all = ByteBuffer()
        for piece in pieces { all.writeImmutableBuffer(piece.bytes) }
        return all
    }
}
