import Foundation
import UpgradeEngine
import UpgradeModel

/// What the Docker Engine itself says has happened to the containers of an installation, held against the journal.
struct OutsideEvents {
    /// One thing that happened to a container.
    struct Happening: CustomStringConvertible {
        var action: String
        var container: String
        /// Microseconds since 1970.
        var at: Int64

        var description: String { "\(action) of \(container) at \(Moment(microseconds: at))" }
    }

    /// What counts as a change of a container, of all that the Engine tells.
    private static let changes: Set<String> = [
        "create", "start", "restart", "stop", "kill", "die", "destroy", "rename", "update", "pause", "unpause",
    ]

    /// The steps that may change containers.
    private static let steps: Set<Step> = [.quiesce, .deploy, .migrate, .settle]

    let happenings: [Happening]

    /// Listens to what the Engine tells from now on, until it is heard. The Engine itself remembers a few hundred things
    /// only, and tells of every health check.
    struct Listener {
        fileprivate let demo: DemoInstallation
        fileprivate let process: String
        fileprivate var file: String { demo.root + "/events" }

        init(_ demo: DemoInstallation) async throws {
            self.demo = demo
            process = try await DemoInstallation.shell(
                "setsid \(OutsideEvents.command(demo)) >\(demo.root)/events 2>/dev/null </dev/null & echo $!"
            ).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private static func command(_ demo: DemoInstallation) -> String {
        "docker events --filter type=container --filter label=com.docker.compose.project=\(demo.project) "
            + "--format '{{json .}}'"
    }

    /// Hears what a listener has written down, and, of what is not written yet, what the Engine remembers.
    init(heardBy listener: Listener, until: Moment) async throws {
        let newest = try await DemoInstallation.shell(
            "\(Self.command(listener.demo)) --since 0 --until \(Self.seconds(until))"
        )
        try await DemoInstallation.shell("kill \(listener.process)")
        let written = try String(contentsOfFile: listener.file, encoding: .utf8)
        happenings = Set((written + "\n" + newest).split(separator: "\n")).compactMap { line in
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let action = object["Action"] as? String, Self.changes.contains(action),
                let nanoseconds = object["timeNano"] as? Int64, let actor = object["Actor"] as? [String: Any],
                let attributes = actor["Attributes"] as? [String: String]
            else { return nil }
            return Happening(action: action, container: attributes["name"] ?? "?", at: nanoseconds / 1_000)
        }
    }

    /// Those that no effect of a kind that may do such a thing was at work for. One external change is one effect: at
    /// no time are two of them open.
    func strangers(to rows: [JournalEntry]) -> [Happening] {
        var spans: [(from: Int64, until: Int64)] = []
        var open: (step: Step, at: Int64)?
        for row in rows {
            switch row.payload {
            case .event:
                // The Engine tells of the end of a thing a moment after whoever asked for it has its answer.
                if let open, Self.steps.contains(open.step) {
                    spans.append((open.at, row.at.microseconds + 250_000))
                }
                open = nil
            case .intent(let effect): open = (effect.step, row.at.microseconds)
            case .created, .progress, .taken, .declined: break
            }
        }
        return happenings.filter { happening in
            !spans.contains { $0.from <= happening.at && happening.at <= $0.until }
        }
    }

    private static func seconds(_ moment: Moment) -> String {
        let (seconds, rest) = moment.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let digits = "\(rest)"
        return "\(seconds)." + String(repeating: "0", count: 6 - digits.count) + digits
    }
}
