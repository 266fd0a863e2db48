import Processes
import UpgradeModel

/// What the server or libpq said when something failed.
struct ServerMessage: Sendable, Hashable {
    /// The five-character SQLSTATE; nil where the server was not reached.
    var state: String?
    /// The primary message.
    var text: String
    /// Whether it is the answer to the attempt to connect.
    var isConnecting = false

    /// Reads a message that libpq wrote in verbose form while connecting: `… FATAL:  28P01: password …`.
    init(verbose: String) {
        isConnecting = true
        let lines = verbose.split(separator: "\n").map(String.init)
        let kept = lines.filter { !$0.hasPrefix("LOCATION:") && !$0.hasPrefix("DETAIL:") }
        text = kept.joined(separator: " ")
        for word in text.split(separator: " ") where word.utf8.count == 6 && word.last == ":" {
            let code = word.dropLast()
            guard code.utf8.allSatisfy({ Self.isCodeByte($0) }), code.contains(where: \.isNumber) else { continue }
            state = String(code)
            text = text.replacing("\(word) ", with: "")
            break
        }
    }

    init(state: String?, text: String) {
        self.state = state
        self.text = text
    }

    private static func isCodeByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    /// The trouble that this is, with whose it is and what to do.
    func trouble(reaching route: String) -> Trouble {
        let said = text.split(separator: "\n").joined(separator: " ")
        func make(_ blame: Blame, _ code: String, _ remedy: String) -> Trouble {
            Trouble(blame, code, "\(route): \(said)", remedy: remedy)
        }
        switch (state ?? "", state?.prefix(2) ?? "") {
        case ("28P01", _), (_, "28"):
            return make(.operator, "database-login-refused", "Check the user and the password in the configuration.")
        case ("3D000", _):
            return make(.operator, "database-unknown", "Check the database's name in the configuration.")
        case ("55000", _) where isConnecting:
            return make(.environment, "database-closed", "Let sessions in: ALTER DATABASE … ALLOW_CONNECTIONS true.")
        case ("42501", _):
            return make(
                .operator,
                "database-rights",
                "Give the account the right that is missing, or use one that owns the database."
            )
        case ("53100", _):
            return make(.environment, "database-disk-full", "Free disk space where the server keeps its data.")
        case ("53300", _):
            return make(.environment, "database-busy", "Close sessions, or raise max_connections.")
        case ("57014", _):
            return make(.environment, "database-cancelled", "Start it again.")
        case ("55P03", _), ("40P01", _), ("40001", _):
            return make(.environment, "database-locked", "Wait until other sessions are done, then try again.")
        case ("", _), (_, "08"), (_, "57"):
            return make(
                .environment,
                "database-unreachable",
                "Check that the server runs and that this machine can reach it."
            )
        case (_, "53"), (_, "58"), (_, "XX"):
            return make(.environment, "database-failed", "Look at the server's log.")
        default:
            return Trouble(
                .internal,
                "database-error",
                "\(route): \(said) (SQLSTATE \(state ?? "-"))",
                remedy: "Report this as a bug, with the support bundle."
            )
        }
    }
}

extension Trouble {
    /// A program could not be run to its end.
    init(_ failure: ProcessFailure) {
        if case .file(let path, let reason) = failure, reason.contains("No space left on device") {
            self.init(
                .environment,
                "disk-full",
                "\(path): \(reason)",
                remedy: "Free disk space there, then try again; no finished set was touched."
            )
            return
        }
        let code =
            switch failure {
            case .notFound: "program-missing"
            case .cancelled: "cancelled"
            case .logHeld: "program-still-runs"
            case .timedOut: "program-too-slow"
            case .notStarted, .tooMuchOutput, .file: "program-failed"
            }
        self.init(.environment, code, "\(failure).".capitalizedFirst, remedy: failure.remedy)
    }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
