import Foundation
import HTTPTypes
import StateStore
import Testing

@testable import AdminConsole

struct OpenAPITests {
    /// The operations of the document, such as `GET /api/v1/runs/{id}`. It is laid out so that lines tell.
    private var operations: Set<String> {
        var found: Set<String> = []
        var path = ""
        var isInPaths = false
        for line in String(decoding: PackageResources.openapi_yaml, as: UTF8.self).split(separator: "\n") {
            if !line.hasPrefix(" ") { isInPaths = line == "paths:" }
            guard isInPaths else { continue }
            if line.hasPrefix("  /"), line.hasSuffix(":") { path = line.dropFirst(2).dropLast().description }
            let word = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("    "), !line.hasPrefix("     "), word.hasSuffix(":") {
                found.insert("\(word.dropLast().uppercased()) \(path)")
            }
        }
        return found
    }

    @Test func `the document has every door of the API, and nothing else`() async throws {
        try await SimulatedConsole.with { console in
            let doors = console.parts.doors().filter { $0.kind == .api }.map { door in
                let path = door.path.split(separator: "/").map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : "\($0)" }
                return "\(door.method.rawValue) /\(path.joined(separator: "/"))"
            }
            #expect(Set(doors).count == doors.count)
            #expect(Set(doors).subtracting(operations) == [])
            #expect(operations.subtracting(doors) == [])
        }
    }

    @Test func `whatever needs no role in the document needs none at its door`() async throws {
        try await SimulatedConsole.with { console in
            let open = console.parts.doors().filter { $0.kind == .api && $0.permission == nil }.map(\.path)
            #expect(Set(open) == ["/healthz", "/readyz", "/api/v1/openapi.yaml"])
            let text = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
            #expect(text.components(separatedBy: "security: []").count - 1 == open.count)
        }
    }
}
