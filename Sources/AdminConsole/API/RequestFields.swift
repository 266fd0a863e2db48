import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import UpgradeModel

/// The fields of a JSON body: one object with names and single values, and nothing that is not asked for.
struct RequestFields: Sendable {
    /// A value that a body may hold.
    enum Value: Decodable, Sendable, Hashable {
        case text(String)
        case flag(Bool)
        case number(Int)
        case texts([String])
        case nothing

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .nothing
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .texts(try container.decode([String].self))
            }
        }
    }

    private let values: [String: Value]

    /// Reads the body of a request; an empty one counts as an object without fields.
    ///
    /// - Throws: `invalid-request` where it is not JSON, or has other fields than `known`.
    init(_ visit: Visit, only known: Set<String>) throws {
        guard visit.body.readableBytes > 0 else {
            values = [:]
            return
        }
        try visit.requireJSON()
        do {
            values = try JSONDecoder().decode([String: Value].self, from: Data(visit.body.readableBytesView))
        } catch {
            throw Refusal.invalid(
                "The body is one JSON object whose values are texts, whole numbers, true, false or lists of texts."
            )
        }
        if let unknown = values.keys.sorted().first(where: { !known.contains($0) }) {
            throw Refusal.invalid(
                "`\(AuditText.plain(unknown, most: 40))` is no field of this request; it has \(known.sorted().joined(separator: ", "))."
            )
        }
    }

    /// A text of at most so many bytes; nil where it is missing or null.
    func text(_ name: String, most: Int = Given.longestName) throws -> String? {
        switch values[name] ?? .nothing {
        case .nothing: return nil
        case .text(let text) where (1...most).contains(text.utf8.count): return text
        default: throw Refusal.invalid("`\(name)` is a text of 1 to \(most) characters.")
        }
    }

    /// A yes or no; `otherwise` where it is missing or null.
    func flag(_ name: String, otherwise: Bool = false) throws -> Bool {
        switch values[name] ?? .nothing {
        case .nothing: return otherwise
        case .flag(let flag): return flag
        default: throw Refusal.invalid("`\(name)` is true or false.")
        }
    }

    /// A whole number between two bounds; nil where it is missing or null.
    func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        switch values[name] ?? .nothing {
        case .nothing: return nil
        case .number(let number) where range.contains(number): return number
        default:
            throw Refusal.invalid("`\(name)` is a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
    }

    /// A list of texts.
    func texts(_ name: String, most: Int) throws -> [String] {
        guard case .texts(let texts)? = values[name], texts.count <= most,
            texts.allSatisfy({ $0.utf8.count <= 4096 })
        else { throw Refusal.invalid("`\(name)` is a list of at most \(most) texts.") }
        return texts
    }

    func version(_ name: String) throws -> ReleaseVersion? {
        try Given.version(try text(name, most: Given.longestVersion))
    }

    /// A file on Pawl's machine.
    func path(_ name: String) throws -> String? { try Given.path(try text(name, most: Given.longestPath), named: name) }
}

/// Text from outside, as it may be said again.
enum AuditText {
    static func plain(_ text: String, most: Int) -> String {
        String(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F }.prefix(most).map(Character.init))
    }
}

extension Visit {
    /// A text of the body, as it was sent; nil where there is none that could be read.
    func sent(_ name: String, of known: Set<String>) -> String? {
        (try? RequestFields(self, only: known)).flatMap { try? $0.text(name) }
    }

    /// Makes sure that the body is said to be JSON.
    func requireJSON() throws(Refusal) {
        let type = request.headers[.contentType]?.split(separator: ";").first.map(String.init)
        guard type?.trimmingCharacters(in: .whitespaces).lowercased() == "application/json" else { throw .wrongType }
    }
}
