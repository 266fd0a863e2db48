import Reports
import UpgradeModel

/// The services of the installation and how their containers are, for a page.
struct ServicesPanel {
    struct Row {
        var service: String
        var version: String?
        var container: String
        var badge: Badge
        var since: When?
        /// What ends and starts have to say; nil where there is nothing.
        var words: String?
    }

    var rows: [Row] = []
    var observedAt: When?
    /// Why they could not be looked at.
    var trouble: String?
    /// How they are together.
    var badge: Badge
    var words: String

    /// Looks at them, for so long at most; a look that fails is something to show.
    init(
        within bound: Duration = StatusBoard.bound,
        _ look: @escaping @Sendable () async throws -> ServicesReport
    ) async {
        let task = Task { try await look() }
        do {
            guard let report = try await value(of: task, within: bound) else {
                task.cancel()
                throw Trouble(
                    .environment,
                    "look-too-slow",
                    "The services could not be looked at within \(bound.components.seconds) s.",
                    remedy: "See whether the Docker Engine answers."
                )
            }
            self.init(report)
        } catch {
            self.init(unseen: error as? Trouble)
        }
    }

    private init(unseen why: Trouble?) {
        trouble = why.map { "\($0.message) \($0.remedy)" } ?? "The services could not be looked at."
        badge = Badge(words: "Unknown", tone: "warn")
        words = "How its services are cannot be told."
    }

    init(_ report: ServicesReport) {
        observedAt = When(report.observedAt)
        rows = report.services.flatMap { service in service.containers.map { Self.row(service, $0) } }
        let ill = report.services.filter { $0.condition >= .stopped }
        let waiting = report.services.filter { $0.condition == .starting }
        let names = Words.list((ill.isEmpty ? waiting : ill).map { "\($0.name) (\($0.condition.rawValue))" })
        if report.services.isEmpty {
            badge = Badge(words: "Not there", tone: "bad")
            words = "It has no containers."
        } else if !ill.isEmpty {
            badge = Badge(words: "Not well", tone: "bad")
            words = "\(ill.count) of \(Words.count(report.services.count, "service", "services")): \(names)."
        } else if !waiting.isEmpty {
            badge = Badge(words: "Starting", tone: "info")
            words = "Still starting: \(names)."
        } else {
            badge = Badge(words: "Healthy", tone: "ok")
            words = "All \(Words.count(report.services.count, "service runs", "services run")) and nothing complains."
        }
    }

    private static func row(_ service: ServicesReport.Service, _ container: ServicesReport.Container) -> Row {
        var words: [String] = []
        if container.restarts > 0 { words.append("started again \(Words.count(container.restarts, "time", "times"))") }
        if let code = container.exitCode, container.condition != .done { words.append("ended with \(code)") }
        let isUp = container.exitCode == nil
        return Row(
            service: service.name,
            version: service.version,
            container: container.name,
            badge: .condition(container.condition),
            since: isUp ? When(container.startedAt) : nil,
            words: words.isEmpty ? nil : words.joined(separator: ", ")
        )
    }
}

extension Badge {
    /// How a container is.
    static func condition(_ condition: ServicesReport.Condition) -> Badge {
        switch condition {
        case .healthy: Badge(words: "Healthy", tone: "ok")
        case .running: Badge(words: "Running", tone: "ok")
        case .done: Badge(words: "Done", tone: "quiet")
        case .starting: Badge(words: "Starting", tone: "info")
        case .stopped: Badge(words: "Stopped", tone: "warn")
        case .unhealthy: Badge(words: "Unhealthy", tone: "bad")
        case .restarting: Badge(words: "Restarting", tone: "bad")
        case .failed: Badge(words: "Failed", tone: "bad")
        }
    }
}
