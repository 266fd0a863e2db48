import Foundation
import HTTPTypes
import Hummingbird
import UpgradeModel

/// Reads what a request gives into values. Everything is bounded before it is looked at.
enum Given {
    /// The most characters of a version, a name, a path.
    static let longestVersion = 64
    static let longestName = 128
    static let longestPath = 512
    static let longestPassword = 1024
    static let longestWords = 100

    static func version(_ text: String) throws -> ReleaseVersion {
        guard text.utf8.count <= longestVersion, let version = try? ReleaseVersion(text) else {
            throw Refusal.invalid("A version is needed, such as 2026.7.20, of at most \(longestVersion) characters.")
        }
        return version
    }

    static func version(_ text: String?) throws -> ReleaseVersion? { try text.map { try version($0) } }

    /// A role.
    static func role(_ text: String?) throws(Refusal) -> Role {
        guard let role = Role(rawValue: text ?? "") else { throw .invalid("There is no such role.") }
        return role
    }

    /// One of a few words; empty where none is given.
    static func choice(_ text: String?, named name: String, of words: [String]) throws(Refusal) -> String {
        guard let text, !text.isEmpty else { return "" }
        guard words.contains(text) else {
            throw .invalid("`\(name)` is one of these: \(words.joined(separator: ", ")).")
        }
        return text
    }

    /// Words that something is searched for; empty where none are given.
    static func words(_ text: String?, named name: String) throws(Refusal) -> String {
        guard let text else { return "" }
        guard text.count <= longestWords else {
            throw .invalid("`\(name)` has at most \(longestWords) characters.")
        }
        return text.trimmed
    }

    /// The number of an event that somebody knows; 0 where they know none.
    static func event(_ text: String?) throws -> Int64 {
        guard let text, !text.isEmpty else { return 0 }
        guard let number = number(text), number >= 0 else {
            throw Refusal.invalid("The number of an event is a whole number of at most 18 digits.")
        }
        return number
    }

    /// A number between two bounds; nil where none is given.
    static func number(_ text: String?, named name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let text else { return nil }
        guard let number = number(text), range.contains(number) else {
            throw Refusal.invalid("`\(name)` is a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    private static func number(_ text: String) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}

extension Visit {
    /// What the path has for `:name`, as it was meant.
    func segment(_ name: String) -> String { parameter(name).removingPercentEncoding ?? "" }

    /// The run that the path names.
    func run() throws -> RunID {
        guard let id = RunID(segment("id")) else { throw Refusal.unknown("run") }
        return id
    }

    /// The job that the path names.
    func job() throws -> RunID {
        guard let id = RunID(segment("id")) else { throw Refusal.unknown("job") }
        return id
    }

    /// The backup set that the path names.
    func backup() throws -> BackupSetID {
        guard let id = BackupSetID(segment("id")) else { throw Refusal.unknown("backup set") }
        return id
    }

    /// The release that the path names.
    func release() throws -> ReleaseVersion {
        guard parameter("version").utf8.count <= 3 * Given.longestVersion,
            let version = try? Given.version(segment("version"))
        else { throw Refusal.unknown("release") }
        return version
    }
}

extension Given {
    /// A file on Pawl's machine; nil where none is given.
    static func path(_ text: String?, named name: String) throws -> String? {
        guard let text else { return nil }
        guard text.hasPrefix("/"), text.utf8.count <= longestPath, !text.contains("\0") else {
            throw Refusal.invalid("`\(name)` is the absolute path of a file on the machine that Pawl runs on.")
        }
        return text
    }
}
