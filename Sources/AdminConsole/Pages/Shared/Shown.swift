import Reports
import UpgradeModel

/// A moment as a page shows it: in UTC, in a form that the script turns into the reader's own time.
struct When: Sendable, Hashable {
    var iso: String
    var text: String

    /// Takes a moment as reports write it; nil for anything else.
    init?(_ text: String?) {
        guard let text, let moment = Moment(text) else { return nil }
        self.init(moment)
    }

    init(_ moment: Moment) {
        let whole = moment.description
        iso = whole.prefix(19) + "Z"
        text = "\(Self.words(moment.day)), \(whole.dropFirst(11).prefix(5)) UTC"
    }

    /// A day such as `26 Nov 2026`.
    static func words(_ day: Day) -> String {
        let (year, month, number) = day.components
        return "\(number) \(months[month - 1]) \(year)"
    }

    /// A day as reports write it, in words; as it is where it cannot be read.
    static func day(_ text: String) -> String { Day(text).map(words) ?? text }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

/// A state in a word, with the tone that gives it shape and colour: `ok`, `warn`, `bad`, `info` or `quiet`.
struct Badge: Sendable {
    var words: String
    var tone: String

    /// How a run stands; `carried` as reports have it.
    static func run(_ state: String, carried: Bool? = nil) -> Badge {
        if carried == false { return Badge(words: "Nobody carries it", tone: "bad") }
        return phase(state)
    }

    private static func phase(_ state: String) -> Badge {
        switch UpgradeMachine.Phase(rawValue: state) {
        case .succeeded: Badge(words: "Succeeded", tone: "ok")
        case .restored: Badge(words: "Restored", tone: "ok")
        case .needsOperator: Badge(words: "Needs you", tone: "bad")
        case .refused: Badge(words: "Refused", tone: "warn")
        case .aborted: Badge(words: "Aborted", tone: "warn")
        case .planned: Badge(words: "Planned", tone: "quiet")
        case .preflight: Badge(words: "Running: preflight checks", tone: "info")
        case .quiescing: Badge(words: "Running: stopping writers", tone: "info")
        case .backingUp: Badge(words: "Running: backing up", tone: "info")
        case .verifying: Badge(words: "Running: proving the backup", tone: "info")
        case .migrating: Badge(words: "Running: migrating", tone: "info")
        case .settling: Badge(words: "Running: settling", tone: "info")
        case .restoring: Badge(words: "Running: restoring", tone: "info")
        case nil: Badge(words: state, tone: "quiet")
        }
    }

    /// Whether a backup set is known to restore.
    static func proof(_ state: String) -> Badge {
        switch state {
        case "proven": Badge(words: "Proven", tone: "ok")
        case "failed": Badge(words: "Proof failed", tone: "bad")
        default: Badge(words: "Not proven", tone: "warn")
        }
    }

    /// How long a release is supported.
    static func support(_ status: String?) -> Badge? {
        switch status {
        case "supported": Badge(words: "Supported", tone: "ok")
        case "expiring": Badge(words: "Support ends soon", tone: "warn")
        case "unsupported": Badge(words: "Support has ended", tone: "bad")
        default: nil
        }
    }
}

/// Words that several pages need.
enum Words {
    /// A number with its noun: `1 hop`, `3 hops`.
    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    static func list(_ texts: [String]) -> String {
        guard let last = texts.last, texts.count > 1 else { return texts.first ?? "" }
        return texts.dropLast().joined(separator: ", ") + " and " + last
    }

    /// How long ago a moment was, roughly: `3 days ago`.
    static func age(from moment: Moment, to now: Moment) -> String {
        let seconds = Double(now.microseconds - moment.microseconds) / 1_000_000
        return switch seconds {
        case ..<90: "just now"
        case ..<5400: "\(Int(seconds / 60)) minutes ago"
        case ..<129_600: "\(Int((seconds / 3600).rounded())) hours ago"
        default: "\(Int((seconds / 86_400).rounded())) days ago"
        }
    }

    /// What a run does, in one line.
    static func title(of run: RunReport) -> String {
        run.kind == "restore"
            ? "Restore of \(run.restored ?? run.backup ?? run.to)" : "Upgrade from \(run.from) to \(run.to)"
    }
}
