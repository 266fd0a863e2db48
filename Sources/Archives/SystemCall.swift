import Glibc

/// An error that says what the system said.
func systemError(_ code: ArchiveError.Code, entry: String? = nil, _ message: String) -> ArchiveError {
    ArchiveError(code, entry: entry, "\(message): \(String(cString: strerror(errno)))")
}

/// Throws what the system said where something does not hold.
func demand(
    _ holds: Bool,
    _ code: ArchiveError.Code,
    entry: String? = nil,
    _ message: String
) throws(ArchiveError) {
    guard holds else { throw systemError(code, entry: entry, message) }
}

/// What a call of the system returned. One that a signal interrupted is made again.
func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
    var result: Result
    repeat { result = call() } while result < 0 && errno == EINTR
    return result
}

/// What a call of the system returned, or what the system said where that is below 0. A call that a signal interrupted
/// is made again.
@discardableResult
func system<Result: SignedInteger>(
    _ code: ArchiveError.Code,
    entry: String? = nil,
    _ message: String,
    call: () -> Result
) throws(ArchiveError) -> Result {
    let result = uninterrupted(call)
    try demand(result >= 0, code, entry: entry, message)
    return result
}

/// What libarchive made; it makes nothing where there is no memory.
func made(_ pointer: OpaquePointer?, _ code: ArchiveError.Code) throws(ArchiveError) -> OpaquePointer {
    guard let pointer else { throw ArchiveError(code, "no memory for the archive") }
    return pointer
}

/// What libarchive says of a failure, which may be nothing.
func words(_ text: UnsafePointer<CChar>?) -> String {
    text.map { String(cString: $0) } ?? "unknown error"
}
