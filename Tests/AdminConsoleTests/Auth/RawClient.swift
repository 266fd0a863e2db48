import Foundation

/// Requests as bytes, from an address of one's choice: all of 127.0.0.0/8 is this machine.
enum RawClient {
    struct Failed: Error {
        var what: String
        var number = errno
    }

    /// Sends bytes and reads until the other side closes; waits on a thread that the server does not need.
    static func send(_ request: String, port: Int, from source: String = "127.0.0.1") async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try exchange(request, port: port, from: source) }) }.start()
        }
    }

    private static func exchange(_ request: String, port: Int, from source: String) throws -> String {
        let descriptor = try connection(port: port, from: source)
        defer { close(descriptor) }
        try say(request, over: descriptor)
        return try hear(over: descriptor)
    }

    /// Sends a request in two pieces, does something between them, and reads until the other side closes.
    static func send(_ first: String, port: Int, thenAfter between: () async throws -> Void, _ second: String)
        async throws -> String
    {
        let descriptor = try connection(port: port, from: "127.0.0.1")
        defer { close(descriptor) }
        try say(first, over: descriptor)
        try await between()
        try say(second, over: descriptor)
        return try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try hear(over: descriptor) }) }.start()
        }
    }

    static func say(_ words: String, over descriptor: Int32) throws {
        let bytes = Array(words.utf8)
        // A connection that the other side has closed must not end the process.
        guard Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failed(what: "send")
        }
    }

    private static func hear(over descriptor: Int32) throws -> String {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += buffer[..<count]
        }
    }

    /// Reads so many bytes at most, or to the end where none are said, and returns how many came; waits on a thread that
    /// the server does not need.
    static func count(over descriptor: Int32, atMost most: Int = .max) async -> Int {
        await withCheckedContinuation { continuation in
            Thread {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                var sum = 0
                while sum < most {
                    let count = read(descriptor, &buffer, min(buffer.count, most - sum))
                    guard count > 0 else { break }
                    sum += count
                }
                continuation.resume(returning: sum)
            }.start()
        }
    }

    /// Opens a connection whose reads give up after half a minute; the system keeps about `window` bytes for whoever reads
    /// slowly, where that is said.
    static func connection(port: Int, from source: String = "127.0.0.1", window: Int32? = nil) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(what: "socket") }
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var window { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size)) }
        var own = try address(source, 0)
        var other = try address("127.0.0.1", port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
        }
        let isOpen =
            isBound
            && withUnsafePointer(to: &other) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
            }
        guard isOpen else {
            close(descriptor)
            throw Failed(what: "connect from \(source)")
        }
        return descriptor
    }

    private static func address(_ text: String, _ port: Int) throws -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        guard inet_pton(AF_INET, text, &address.sin_addr) == 1 else { throw Failed(what: "address") }
        return address
    }

    /// A form for signing in.
    static func signIn(
        _ name: String,
        _ password: String,
        port: Int,
        stays: Bool = false,
        cookie: String? = nil,
        forwardedFor: [String] = []
    )
        -> String
    {
        let allowed = CharacterSet.alphanumerics
        let body =
            "name=\(name)&password=" + (password.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")
        return "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nOrigin: http://127.0.0.1:\(port)\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n"
            + forwardedFor.map { "X-Forwarded-For: \($0)\r\n" }.joined() + (cookie.map { "Cookie: \($0)\r\n" } ?? "")
            + (stays ? "" : "Connection: close\r\n") + "\r\n" + body
    }
}
