import NIOCore
import UpgradeModel

/// What was before, for those who come to a run later: its events in pieces, as they are sent.
///
/// Each piece ends at the same event for everybody and is read once for all who ask for it at about the same time, so
/// that many who come at once cost no more than one, and each holds no more than a piece.
actor RunHistory {
    /// Some events, and the newest event up to which they are all that there are.
    struct Piece: Sendable {
        var bytes: ByteBuffer
        var last: Int64
    }

    private struct Key: Hashable {
        var run: RunID
        var after: Int64
        var last: Int64
    }

    private struct Entry {
        var piece: Task<ByteBuffer, any Error>
        var usedAt: Int
    }

    private let desk: any Desk
    private var entries: [Key: Entry] = [:]
    private var uses = 0

    /// Events of a piece, and pieces that are kept.
    static let length: Int64 = 256
    static let most = 96

    init(desk: any Desk) { self.desk = desk }

    /// The piece after an event of a run, of which `newest` is known to exist.
    func piece(of run: RunID, after event: Int64, newest: Int64) async throws -> Piece {
        let last = min((event / Self.length + 1) * Self.length, newest)
        let key = Key(run: run, after: event, last: last)
        uses += 1
        let task: Task<ByteBuffer, any Error>
        if let entry = entries[key] {
            task = entry.piece
        } else {
            if entries.count >= Self.most { forget() }
            task = Task { [desk] in
                var bytes = ByteBuffer()
                for event in try await desk.events(of: run, after: event, through: last) {
                    bytes.writeImmutableBuffer(StreamText.piece(of: event))
                }
                return bytes
            }
        }
        entries[key] = Entry(piece: task, usedAt: uses)
        do {
            return Piece(bytes: try await task.value, last: last)
        } catch {
            entries[key] = nil
            throw error
        }
    }

    /// Forgets all pieces.
    func clear() { entries = [:] }

    private func forget() {
        for (key, _) in entries.sorted(by: { $0.value.usedAt < $1.value.usedAt }).prefix(Self.most / 2) {
            entries[key] = nil
        }
    }
}
