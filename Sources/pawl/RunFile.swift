import Foundation
import ReleasePackage
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// A run as one file for whoever gives support: what was asked, what happened, what the tools said, no secrets.
struct RunFile {
    private let workplace: Workplace
    private let view: RunView

    init(_ workplace: Workplace, _ view: RunView) {
        self.workplace = workplace
        self.view = view
    }

    /// Writes the file, for its owner alone.
    func write(to path: String) throws {
        let text = Redaction(of: workplace).clean(try text())
        let made = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard made else {
            throw Trouble(
                .environment,
                "report-not-written",
                "The report cannot be written to \(path).",
                remedy: "Name a file in a folder that you may write to."
            )
        }
    }

    private func text() throws -> String {
        let events = try workplace.store.entries(of: view.request.id, after: 0).map { EventView($0) }
        let logs = RunLogs(folder: try workplace.data.folder(of: view.request.id)).tails(lines: 400)
        return """
            Pawl \(PawlVersion.current), product \(workplace.product.name), run \(view.request.id)

            \(RunReport(view).text)

            == Events
            \(events.map { "\($0.at)  \($0.hop?.description ?? "")  \($0.message)" }.joined(separator: "\n"))

            == Logs
            \(logs.map { "-- \($0.name)\n\($0.text)" }.joined(separator: "\n\n"))

            == The run as JSON
            \(JSONText.document(RunReport(view)))

            """
    }
}

/// Takes secrets out of text that leaves the machine.
struct Redaction {
    static let mask = "***HIDDEN***"

    let secrets: [String]

    /// Takes out the secrets of an installation.
    init(of workplace: Workplace) { self.init(secrets: Self.secrets(of: workplace)) }

    init(secrets: [String]) {
        // Short values would hide half of the text; longest first, so that none is left in parts.
        self.secrets = Set(secrets.flatMap { [$0] + Self.escaped($0) }).filter { $0.count >= 4 }
            .sorted { ($0.count, $0) > ($1.count, $1) }
    }

    /// Every value of the installation's own variables that looks like a secret, every key of the product, and the
    /// password of every database, wherever it is kept.
    private static func secrets(of workplace: Workplace) -> [String] {
        let environment = try? workplace.environment()
        // What the operator has changed is not what runs until the next release is rendered; both are secret.
        let variables = [environment?.values ?? [:], environment?.customer.values ?? [:]]
        let named = variables.flatMap { values in
            values.filter { name, _ in
                workplace.product.keys.contains(name) || Redaction.isSecretName(name)
            }.map(\.value)
        }
        let sources =
            workplace.installation.databases.values.compactMap(\.password)
            + workplace.product.databases.compactMap { $0.passwordVariable.map { .variable($0) } }
        return named
            + sources.flatMap { source -> [String] in
                switch source {
                case .variable(let name): variables.compactMap { $0[name] }
                case .file(let path):
                    (try? String(contentsOfFile: path, encoding: .utf8)).map { [$0.trimmingCharacters(in: .newlines)] }
                        ?? []
                }
            }
    }

    /// A text as JSON has it, with and without slashes escaped.
    private static func escaped(_ text: String) -> [String] {
        [JSONEncoder.OutputFormatting.withoutEscapingSlashes, []].compactMap { formatting in
            let encoder = JSONEncoder()
            encoder.outputFormatting = formatting
            guard let data = try? encoder.encode(text) else { return nil }
            return String(String(decoding: data, as: UTF8.self).dropFirst().dropLast())
        }
    }

    /// Whether a variable of this name holds a secret as a rule.
    static func isSecretName(_ name: String) -> Bool {
        let name = name.uppercased()
        return ["PASSWORD", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "PRIVATE", "SALT"].contains(where: name.contains)
    }

    /// A run whose words do not hold what a tool has said of secrets.
    func clean(_ run: RunReport) -> RunReport {
        var run = run
        run.progress = run.progress.map { clean($0) }
        if var reason = run.reason {
            reason.message = clean(reason.message)
            reason.remedy = clean(reason.remedy)
            run.reason = reason
        }
        return run
    }

    /// The same for an event. Most events are in words of ours, and there are many.
    func clean(_ event: EventReport) -> EventReport {
        guard event.kind == EventView.Kind.progress.rawValue || event.data?.code != nil else { return event }
        var event = event
        event.message = clean(event.message)
        if var data = event.data {
            data.remedy = data.remedy.map { clean($0) }
            event.data = data
        }
        return event
    }

    func clean(_ text: String) -> String {
        var text = text
        for secret in secrets where text.contains(secret) {
            text = text.replacingOccurrences(of: secret, with: Self.mask)
        }
        // Each of the patterns has one of these in it; most lines have neither.
        guard text.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "=") }) else { return text }
        // user:password@ in addresses, and NAME=value or "name": "value" of names that hold secrets.
        let patterns = [
            #"(://[^/\s:@]+:)[^@\s/]+(@)"#,
            #"((?i:[A-Z0-9_]*(?:PASSWORD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|SALT)[A-Z0-9_]*)["']?\s*[=:]\s*["']?)[^\s"',]+()"#,
            #"((?i:authorization:\s*(?:bearer|basic)\s+))\S+()"#,
        ]
        for pattern in patterns {
            text = text.replacingOccurrences(
                of: pattern,
                with: "$1\(Self.mask)$2",
                options: .regularExpression
            )
        }
        return text
    }
}
