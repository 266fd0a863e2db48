internal import Documents
internal import Foundation
internal import UpgradeModel
internal import WebClient

/// Something that happened on the Engine.
struct EngineEvent: Sendable, Hashable {
    /// When what happened to which thing: no two events have the same.
    var mark: String
    /// The name of the container that it happened to; empty where it happened to something else.
    var container: String
}

extension EngineClient {
    /// What the Engine remembers of what happened, the oldest first. These are its last few hundred events, without a gap,
    /// and none from before it was started.
    func rememberedEvents() async throws(Trouble) -> [EngineEvent] {
        // Without an end that is past the Engine would go on telling.
        let now = String(format: "%.6f", Date().timeIntervalSince1970)
        let answer = try await ask(.get, "/events?since=1&until=\(now)")
        var events: [EngineEvent] = []
        for line in answer.body.split(separator: UInt8(ascii: "\n")) {
            events.append(try read(Array(line)) { EngineEvent($0) })
        }
        return events
    }
}

extension EngineEvent {
    /// Reads an event; nil where it does not say when it was.
    init?(_ told: DocumentNode) {
        guard let time = told["timeNano"]?.int else { return nil }
        let (kind, actor) = (told["Type"]?.string ?? "", told["Actor"])
        mark = "\(time) \(kind) \(told["Action"]?.string ?? "") \(actor?["ID"]?.string ?? "")"
        container = kind == "container" ? actor?["Attributes"]?["name"]?.string ?? "" : ""
    }
}
