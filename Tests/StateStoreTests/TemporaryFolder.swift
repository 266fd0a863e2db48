import Foundation
import StateStore
import UpgradeModel

/// A data folder that is gone when the test is over.
func withDataFolder<Value>(_ body: (DataFolder) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.path + "/pawl-" + UUID().uuidString
    let folder = try DataFolder(path, create: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(folder)
}
