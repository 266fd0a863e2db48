import Foundation
import Glibc
import ReleasePackage
import UpgradeModel

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

    /// Words of ours in which a tool may be quoted. What the tool has said begins on a line of its own, and is left out
    /// where not every secret is known that could stand in it.
    func words(_ text: String) -> String {
        guard gap != nil, let end = text.firstIndex(where: \.isNewline) else { return clean(text) }
        return clean(String(text[..<end])) + " " + Self.withheld
    }

    /// What a tool says as it goes on; left out where not every secret is known.
    func saying(_ text: String) -> String { gap == nil ? clean(text) : Self.withheld }

    /// What stands in the place of what a tool has said.
    static let withheld = "[Not shown: not every secret is known that a tool could have said here.]"

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

    /// A text without the secrets that are known, and without what looks like one.
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
        var files: [[String: String]] = []
        switch workplace.installation.deployment {
        case .singleVM(let singleVM):
            // What the operator has changed is not what runs until the next release is rendered; both are secret.
            let names = [product.singleVM?.environment, ".env"].compactMap(\.self)
            files = names.compactMap { name in
                variables(singleVM.directory + "/" + name, mayBeMissing: name == ".env")
            }
        case .orchestrated(let deployment):
            if let known = ClusterSecrets.known.secrets(of: deployment) {
                secrets += known
            } else {
                note("the cluster was not asked yet.", "See that the cluster can be reached, then try again.")
            }
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
                "Withheld, since not every secret is known that could stand in what a tool has said: \(why)",
                remedy: remedy
            )
    }
}
