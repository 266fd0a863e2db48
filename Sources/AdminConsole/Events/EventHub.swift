import NIOCore
import Reports
import Synchronization
import UpgradeModel

/// Follows the installation once, for everybody who looks on.
///
/// However many streams there are, what comes is read, decoded and encoded by one task, which lives while somebody looks
/// on, and what was before in pieces by whoever asks first; each stream gets the same bytes.
final class EventHub: Sendable {
    private struct State {
        var feeds: [RunID: RunFeed] = [:]
        /// Those who want to know when something has changed, whatever it is.
        var watchers: [Int: Listener] = [:]
        var count = 0
        var keeper: Task<Void, Never>?
        var alarm: AsyncStream<Void>.Continuation?
    }

    private let desk: any Desk
    private let presence: Presence
    private let state = Mutex(State())
    private let news: NewsDesk
    private let history: RunHistory

    /// The most streams that are open at a time, over all visitors, and of one account.
    static let mostStreams = 1000
    static let mostOfOne = 512

    init(desk: any Desk, presence: Presence) {
        self.desk = desk
        self.presence = presence
        news = NewsDesk(desk: desk)
        history = RunHistory(desk: desk)
    }

    /// A run that can be followed: its first event and one that is as new as any that somebody may know.
    struct Followable: Sendable {
        fileprivate let run: RunID
        fileprivate let span: ClosedRange<Int64>
    }

    /// Makes sure that somebody may follow a run.
    ///
    /// - Throws: `unknown-run`, or `too-many-streams`.
    func require(_ run: RunID, for visitor: Visitor?) async throws -> Followable {
        try requireRoom(for: visitor)
        if let span = state.withLock({ $0.feeds[run]?.span }) { return Followable(run: run, span: span) }
        return Followable(run: run, span: try await desk.span(of: run))
    }

    /// Makes sure that there is room for another stream.
    func requireRoom(for visitor: Visitor?) throws(Refusal) {
        let (all, theirs) = state.withLock { state in
            (Self.count(state), Self.listeners(state).count { $0.visitor?.name == visitor?.name })
        }
        guard all < Self.mostStreams, theirs < Self.mostOfOne else { throw .tooManyStreams }
    }

    /// The events of a run after the one with this id, and then those that come, until the run has ended.
    func follow(
        _ followable: Followable,
        after event: Int64,
        _ visitor: Visitor?,
        drop: @escaping @Sendable () -> Void
    ) -> Subscription {
        let run = followable.run
        let live = subscribe(visitor, drop) { state, number, listener in
            state.feeds[run, default: RunFeed(followable.span)].enter(number, listener, after: event)
        } leave: { state, number in
            state.feeds[run]?.remove(number)
            if state.feeds[run]?.isEmpty == true { state.feeds[run] = nil }
        }
        // Nothing is read ahead: the next piece is made when the last one has been taken.
        let pieces = AsyncStream<ByteBuffer>(unfolding: { [weak self] in
            if let piece = await self?.before(live.number, of: run) { return piece }
            var iterator = live.pieces.makeAsyncIterator()
            return await iterator.next()
        })
        return Subscription(number: live.number, pieces: pieces, leave: live.leave)
    }

    /// What somebody who follows a run has to be sent of what was before; nil where that is nothing more.
    private func before(_ number: Int, of run: RunID) async -> ByteBuffer? {
        while true {
            switch state.withLock({ $0.feeds[run]?.next(for: number) ?? .live }) {
            case .opening: return StreamText.opening
            case .live: return nil
            case .history(let event, let newest):
                do {
                    let piece = try await history.piece(of: run, after: event, newest: newest)
                    state.withLock { $0.feeds[run]?.note(piece.last, sentTo: number) }
                    if piece.bytes.readableBytes > 0 { return piece.bytes }
                } catch {
                    // They come back, and are told then.
                    state.withLock { state in
                        state.feeds[run]?.listeners[number]?.finish()
                        state.feeds[run]?.remove(number)
                    }
                    return nil
                }
            }
        }
    }

    /// One small event whenever something has changed.
    func watch(_ visitor: Visitor?, drop: @escaping @Sendable () -> Void) -> Subscription {
        subscribe(visitor, drop) { state, number, listener in
            _ = listener.give(StreamText.opening)
            state.watchers[number] = listener
        } leave: { state, number in
            state.watchers[number] = nil
        }
    }

    /// Tells whoever watches of something that no record shows.
    func announce(_ kind: News.Kind) { give([News(kind)]) }

    /// Whether what there was before is known, so that what comes is news.
    var hasLooked: Bool { get async { await news.hasLooked } }

    /// How many streams are open.
    var count: Int { state.withLock { Self.count($0) } }

    private static func count(_ state: State) -> Int {
        state.feeds.values.reduce(state.watchers.count) { $0 + $1.count }
    }

    private static func listeners(_ state: State) -> [Listener] {
        state.feeds.values.flatMap { Array($0.listeners.values) } + Array(state.watchers.values)
    }

    private func subscribe(
        _ visitor: Visitor?,
        _ drop: @escaping @Sendable () -> Void,
        enter: (inout State, Int, Listener) -> Void,
        leave: @escaping @Sendable (inout State, Int) -> Void
    ) -> Subscription {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ByteBuffer.self,
            bufferingPolicy: .bufferingOldest(Listener.patience)
        )
        let listener = Listener(visitor: visitor, continuation: continuation, drop: drop)
        let number = state.withLock { state in
            state.count += 1
            enter(&state, state.count, listener)
            start(&state)
            state.alarm?.yield()
            return state.count
        }
        return Subscription(number: number, pieces: stream) { [weak self] in
            continuation.finish()
            self?.state.withLock { state in
                leave(&state, number)
                self?.stopIfIdle(&state)
            }
        }
    }

    // MARK: The one who reads

    private func start(_ state: inout State) {
        guard state.keeper == nil else { return }
        let (alarm, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.alarm = continuation
        state.keeper = Task { [weak self, desk, history] in
            await withDiscardingTaskGroup { group in
                group.addTask { for await _ in desk.changes() { continuation.yield() } }
                group.addTask { [weak self] in
                    var seconds = 0
                    while !Task.isCancelled {
                        try? await Task.sleep(for: .seconds(1))
                        seconds += 1
                        await self?.tick(seconds)
                    }
                }
                group.addTask { [weak self] in
                    for await _ in alarm { await self?.look() }
                }
            }
            // Nobody looks on any more.
            await history.clear()
        }
    }

    private func stopIfIdle(_ state: inout State) {
        guard state.feeds.isEmpty, state.watchers.isEmpty else { return }
        state.keeper?.cancel()
        state.alarm?.finish()
        state.keeper = nil
        state.alarm = nil
    }

    /// Sends what is new to whoever waits for it.
    private func look() async {
        for run in state.withLock({ Array($0.feeds.keys) }) { await advance(run) }
        guard state.withLock({ !$0.watchers.isEmpty }) else { return }
        if let news = try? await news.look() { give(news) }
    }

    private func give(_ news: [News]) {
        guard !news.isEmpty else { return }
        let piece = StreamText.piece(of: news)
        state.withLock { state in
            for (number, listener) in state.watchers where !listener.give(piece) { state.watchers[number] = nil }
        }
    }

    private func advance(_ run: RunID) async {
        guard let known = state.withLock({ $0.feeds[run]?.knowledge }) else { return }
        do {
            let events = try await desk.events(of: run, after: known.newest)
            let last = events.last?.id ?? known.newest
            var piece = ByteBuffer()
            for event in events { piece.writeImmutableBuffer(StreamText.piece(of: event)) }
            var ending: ByteBuffer?
            if RunFeed.mayHaveEnded(events.last?.kind, isFresh: known.isFresh) {
                let report = try await desk.run(run)
                if report.endedAt != nil { ending = StreamText.end(report, after: last) }
            }
            state.withLock { state in
                state.feeds[run]?.take(piece, newest: last, ending: ending, since: known)
                if state.feeds[run]?.isEmpty == true { state.feeds[run] = nil }
            }
        } catch {
            // They come back, and are told then.
            state.withLock { state in
                state.feeds[run]?.dropAll()
                state.feeds[run] = nil
            }
        }
    }

    // MARK: Every second

    private func tick(_ seconds: Int) async {
        let visitors = state.withLock { state in
            Set(Self.listeners(state).compactMap(\.visitor))
        }
        let gone = visitors.filter { !presence.lasts($0) }
        let isBeat = seconds.isMultiple(of: 15)
        state.withLock { state in
            for run in state.feeds.keys {
                state.feeds[run]?.dismiss(gone)
                if isBeat { state.feeds[run]?.beat() }
                if state.feeds[run]?.isEmpty == true { state.feeds[run] = nil }
            }
            for (number, listener) in state.watchers {
                if let visitor = listener.visitor, gone.contains(visitor) { listener.finish() }
                if isBeat, !listener.give(StreamText.heartbeat) { state.watchers[number] = nil }
            }
            // Not everything that is shown is kept where changes are told of: a job ends in a file.
            if !state.watchers.isEmpty { state.alarm?.yield() }
        }
    }
}

/// A place in a stream.
struct Subscription: Sendable {
    fileprivate let number: Int
    /// What is to be written, in order; it ends when nothing follows.
    let pieces: AsyncStream<ByteBuffer>
    /// Gives the place up; may be called more than once.
    let leave: @Sendable () -> Void
}

/// Somebody who looks on.
struct Listener: Sendable {
    let visitor: Visitor?
    let continuation: AsyncStream<ByteBuffer>.Continuation
    /// Closes the connection of somebody who does not read.
    let drop: @Sendable () -> Void

    /// How many pieces wait for somebody who reads slowly.
    static let patience = 64

    /// Gives a piece; false where they have left or were dropped, because they read too slowly.
    func give(_ piece: ByteBuffer) -> Bool {
        switch continuation.yield(piece) {
        case .enqueued: return true
        case .terminated: return false
        case .dropped:
            finish()
            drop()
            return false
        @unknown default: return false
        }
    }

    func finish() { continuation.finish() }
}
