import Glibc

/// What a program reads from or writes to.
package enum Endpoint: Sendable, Hashable {
    /// `/dev/null`.
    case nothing
    /// The tool's log; only for output.
    case log
    /// A file. For input it must exist; for output it is made with mode 0600 and emptied. It is opened by this
    /// process, so that a child with fewer rights can use it.
    case path(String)
    /// A descriptor that the caller keeps open for as long as the program runs.
    case descriptor(Int32)
}

/// An endpoint that has been opened for one run.
enum OpenEndpoint: Sendable {
    case owned(OwnedDescriptor)
    case borrowed(Int32)

    var number: Int32 {
        switch self {
        case .owned(let descriptor): descriptor.number
        case .borrowed(let number): number
        }
    }

    func release() {
        if case .owned(let descriptor) = self { descriptor.close() }
    }

    static func input(_ endpoint: Endpoint) throws(ProcessFailure) -> OpenEndpoint {
        switch endpoint {
        case .nothing, .log: .owned(try .open("/dev/null", O_RDONLY))
        case .path(let path): .owned(try .open(path, O_RDONLY))
        case .descriptor(let number): .borrowed(number)
        }
    }

    static func output(_ endpoint: Endpoint, log: OwnedDescriptor) throws(ProcessFailure) -> OpenEndpoint {
        switch endpoint {
        case .nothing: .owned(try .open("/dev/null", O_WRONLY))
        case .log: .borrowed(log.number)
        case .path(let path): .owned(try .open(path, O_WRONLY | O_CREAT | O_TRUNC))
        case .descriptor(let number): .borrowed(number)
        }
    }
}
