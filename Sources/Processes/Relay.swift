import Foundation
import Glibc

/// One place that carried bytes go to.
package struct RelayTarget: Sendable {
    /// What it is, for messages.
    package var name: String
    /// Where the bytes are written.
    package var descriptor: OwnedDescriptor
    /// Whether the others still get the rest when whoever reads this one is gone.
    package var isOptional: Bool

    /// Names a place; without it nothing is carried unless it is optional.
    package init(_ name: String, _ descriptor: OwnedDescriptor, isOptional: Bool = false) {
        self.name = name
        self.descriptor = descriptor
        self.isOptional = isOptional
    }
}

/// What came of carrying bytes.
package struct Relayed<State: Sendable>: Sendable {
    /// What the step made of them.
    package var state: State
    /// How many were carried.
    package var bytes: Int64
    /// Whether the source had no more; false where the limit was reached or a reader was gone.
    package var isAtEnd: Bool
    /// The targets, by their index, whose readers were gone.
    package var lost: Set<Int>
}

/// Carries bytes from one open file to others, on a thread of its own, a piece at a time: memory does not grow with
/// what is carried.
///
/// It blocks as long as the other ends do, so they must end for a cancelled task to go on.
///
/// - Parameters:
///   - source: where they come from, usually a pipe.
///   - targets: where they go; each gets all of them.
///   - limit: how many bytes to carry at most; nil is all that there are.
///   - state: what `step` begins with.
///   - step: shown every piece before it is passed on.
/// - Returns: how much was carried and why it stopped. A reader that is gone is no error here: its own end says why.
/// - Throws: `ProcessFailure.file` where reading or writing fails in another way.
package func relay<State: Sendable>(
    from source: OwnedDescriptor,
    to targets: [RelayTarget],
    limit: Int64? = nil,
    into state: State,
    _ step: @Sendable @escaping (inout State, UnsafeRawBufferPointer) -> Void
) async throws(ProcessFailure) -> Relayed<State> {
    let result: Result<Relayed<State>, ProcessFailure> = await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(
                returning: Result { () throws(ProcessFailure) in
                    try carry(from: source, to: targets, limit: limit, into: state, step)
                }
            )
        }
    }
    return try result.get()
}

/// Small enough to stay in a core's cache while it is looked at and copied.
private let pieceSize = 256 << 10

private func carry<State: Sendable>(
    from source: OwnedDescriptor,
    to targets: [RelayTarget],
    limit: Int64?,
    into state: State,
    _ step: (inout State, UnsafeRawBufferPointer) -> Void
) throws(ProcessFailure) -> Relayed<State> {
    // A reader that is gone is to be an error of one call, not the end of this program. The thread ends with this.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 4096)
    defer { buffer.deallocate() }
    var carried = Relayed(state: state, bytes: 0, isAtEnd: false, lost: [])
    while true {
        let wanted = Int(min(Int64(pieceSize), (limit ?? .max) - carried.bytes))
        guard wanted > 0 else { return carried }
        let count = read(source.number, buffer.baseAddress, wanted)
        if count < 0 {
            guard errno == EINTR else { throw .file(path: "pipe", reason: Errors.text(errno)) }
            continue
        }
        guard count > 0 else {
            carried.isAtEnd = true
            return carried
        }
        let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        step(&carried.state, piece)
        for (index, target) in targets.enumerated() where !carried.lost.contains(index) {
            guard try !deliver(piece, to: target) else { continue }
            carried.lost.insert(index)
            guard target.isOptional else { return carried }
        }
        carried.bytes += Int64(count)
    }
}

/// Writes a whole piece; false where nobody reads any more.
private func deliver(_ piece: UnsafeRawBufferPointer, to target: RelayTarget) throws(ProcessFailure) -> Bool {
    var rest = piece
    while !rest.isEmpty {
        let count = write(target.descriptor.number, rest.baseAddress, rest.count)
        if count < 0 {
            let code = errno
            if code == EINTR { continue }
            if code == EPIPE { return false }
            throw .file(path: target.name, reason: Errors.text(code))
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return true
}
