/// Where a request goes: a server by host and port, or a server behind a Unix socket.
package enum WebURL: Sendable, Hashable {
    /// An absolute `http://` or `https://` address, percent-encoded.
    case web(String)
    /// The Unix socket of a server, and the request target there, which begins with `/` and is percent-encoded.
    case socket(path: String, target: String)

    /// The address in the form that the HTTP library takes; the socket's path becomes the host of an `http+unix` URL.
    var text: String {
        switch self {
        case .web(let url): url
        case .socket(let path, let target):
            "http+unix://" + percentEncoded(path) + (target.hasPrefix("/") ? target : "/" + target)
        }
    }
}

extension WebURL: CustomStringConvertible {
    /// The address without user information and query, so that it can stand in a message.
    package var description: String {
        switch self {
        case .socket(let path, let target): "unix:\(path) \(target.prefix { $0 != "?" })"
        case .web(let url): Self.withoutUserInformation(url.prefix { $0 != "?" && $0 != "#" })
        }
    }

    private static func withoutUserInformation(_ url: Substring) -> String {
        guard let schemeEnd = url.firstRange(of: "://") else { return String(url) }
        let rest = url[schemeEnd.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return String(url) }
        return url[..<schemeEnd.upperBound] + String(rest[rest.index(after: at)...])
    }
}

/// Escapes everything but the unreserved characters of RFC 3986.
///
/// - Parameter text: any text; it is encoded as UTF-8.
/// - Returns: text that stands for itself in a path segment, a query value or a host.
package func percentEncoded(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            result += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
        }
    }
    return result
}
