import Glibc
import Processes
import Testing

/// A folder of one test's own, removed afterwards.
func withScratchFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    var template = Array("/tmp/pawl-processes-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Unexpected("mkdtemp") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
        let value = try await body(path)
        _ = try? await collect(Command("rm", ["-rf", path]))
        return value
    } catch {
        _ = try? await collect(Command("rm", ["-rf", path]))
        throw error
    }
}

/// Something that a test could not go on without.
struct Unexpected: Error {
    var what: String
    init(_ what: String) { self.what = what }
}

/// Waits until something is so, but not for ever.
func eventually(within patience: Duration = .seconds(60), _ condition: () throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + patience
    while try !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(5))
    }
    return true
}

func text(of path: String) async throws -> String {
    try await collect(Command("cat", [path])).text
}
