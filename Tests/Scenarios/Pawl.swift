import Foundation
import Processes

/// The built `pawl`, run as an operator runs it.
struct Pawl: Sendable {
    let environment: [String: String]

    /// One answer of the command line.
    struct Answer: CustomStringConvertible {
        let exit: Int32
        let output: String
        let errors: String

        var description: String { "exit \(exit)\n--- output\n\(output)\n--- errors\n\(errors)" }

        /// A value in the JSON document on standard output, by keys and indexes.
        subscript(path: any Sendable...) -> Any? {
            var value = try? JSONSerialization.jsonObject(with: Data(output.utf8), options: [.fragmentsAllowed])
            for part in path {
                if let key = part as? String {
                    value = (value as? [String: Any])?[key]
                } else if let index = part as? Int, let list = value as? [Any], list.indices.contains(index) {
                    value = list[index]
                } else {
                    return nil
                }
            }
            return value is NSNull ? nil : value
        }

        func text(_ path: any Sendable...) -> String? {
            var value = try? JSONSerialization.jsonObject(with: Data(output.utf8), options: [.fragmentsAllowed])
            for part in path {
                if let key = part as? String {
                    value = (value as? [String: Any])?[key]
                } else if let index = part as? Int, let list = value as? [Any], list.indices.contains(index) {
                    value = list[index]
                } else {
                    return nil
                }
            }
            return value as? String
        }
    }

    /// Where the binary is: `PAWL`, or beside the test bundle.
    static let binary: String = {
        if let path = ProcessInfo.processInfo.environment["PAWL"] { return path }
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        return bundle.appending(path: "pawl").path
    }()

    func callAsFunction(_ arguments: String...) async throws -> Answer { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Answer {
        let result = try await collect(
            Command(Self.binary, arguments, environment: environment),
            limit: 8 << 20,
            deadline: .seconds(900)
        )
        guard case .code(let exit) = result.status else {
            throw Failure("pawl \(arguments) did not exit by itself: \(result.status) \(result.errorText)")
        }
        return Answer(exit: exit, output: result.text, errors: result.errorText)
    }
}

/// Something that a scenario needs did not work.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
