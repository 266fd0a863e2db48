import Foundation
import Glibc
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
        let redaction = Redaction(of: workplace)
        let text = redaction.clean(try text(redaction))
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

    private func text(_ redaction: Redaction) throws -> String {
        let events = try workplace.store.entries(of: view.request.id, after: 0).map { EventView($0) }
        let logs = RunLogs(folder: try workplace.data.folder(of: view.request.id)).tails(lines: 400)
            .map { "-- \($0.name)\n\($0.text)" }.joined(separator: "\n\n")
        return """
            Pawl \(PawlVersion.current), product \(workplace.product.name), run \(view.request.id)

            \(RunReport(view).text)

            == Events
            \(events.map { "\($0.at)  \($0.hop?.description ?? "")  \($0.message)" }.joined(separator: "\n"))

            == Logs
            \(redaction.gap.map(\.text) ?? logs)

            == The run as JSON
            \(JSONText.document(RunReport(view)))

            """
    }
}

/// Takes secrets out of text that leaves the machine.
struct Redaction {
    static let mask = "***HIDDEN***"

    let secrets: [String]
    /// Why not every secret of the installation is among them; nil where all are.
    private(set) var gap: Trouble?

    /// Takes out the secrets of an installation, as far as they can be found out.
    init(of workplace: Workplace) {
        let sources = SecretSources(workplace)
        self.init(secrets: sources.secrets)
        gap = sources.gap
    }

    init(secrets: [String]) {
        // Short values would hide half of the text; longest first, so that none is left in parts.
        self.secrets = Set(secrets.flatMap { [$0] + Self.escaped($0) }).filter { $0.count >= 4 }
            .sorted { ($0.count, $0) > ($1.count, $1) }
    }

    /// Makes sure that every secret is known which could stand in what a tool has said.
    ///
    /// - Throws: code `secrets-unknown`.
    func requireWhole() throws(Trouble) { if let gap { throw gap } }

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

/// Every value of the installation's own variables that looks like a secret, every key of the product, and the password
/// of every database, wherever it is kept. Each source is read by itself, so that one that is damaged hides no other.
private struct SecretSources {
    private(set) var secrets: [String] = []
    private(set) var gap: Trouble?

    init(_ workplace: Workplace) {
        let product = workplace.product
        // What the operator has changed is not what runs until the next release is rendered; both are secret.
        let names = [product.singleVM?.environment, ".env"].compactMap(\.self)
        let files = names.compactMap { name in
            variables(workplace.singleVM.directory + "/" + name, mayBeMissing: name == ".env")
        }
        for values in files {
            secrets += values.filter { product.keys.contains($0.key) || Redaction.isSecretName($0.key) }.values
        }
        let passwords =
            workplace.installation.databases.values.compactMap(\.password)
            + product.databases.compactMap { $0.passwordVariable.map { .variable($0) } }
        for password in passwords {
            switch password {
            case .variable(let name): secrets += files.compactMap { $0[name] }
            case .file(let path):
                do {
                    secrets.append(try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines))
                } catch {
                    note("\(path) cannot be read.", "Make it readable for the user that runs Pawl.")
                }
            }
        }
    }

    /// The variables of a file; `.env` is missing until a release is rendered.
    private mutating func variables(_ path: String, mayBeMissing: Bool) -> [String: String]? {
        if mayBeMissing, access(path, F_OK) != 0, errno == ENOENT { return nil }
        do throws(Trouble) {
            return try EnvironmentFile(file: path, blame: .operator).values
        } catch {
            note(error.message, error.remedy)
            return nil
        }
    }

    private mutating func note(_ why: String, _ remedy: String) {
        gap =
            gap
            ?? Trouble(
                .environment,
                "secrets-unknown",
                "Logs are not shown, since not every secret is known that could stand in them: \(why)",
                remedy: remedy
            )
    }
}
