/// The Docker Engine and Compose as they are found.
package struct ObservedRuntime: Sendable {
    /// The Engine's version, such as `20.10.24+dfsg1`; not known where the Engine does not answer.
    package var engine: Fact<String>
    /// Compose; nil where neither form of it is installed.
    package var compose: Fact<ObservedCompose?>

    /// Puts the facts together.
    package init(engine: Fact<String>, compose: Fact<ObservedCompose?>) {
        self.engine = engine
        self.compose = compose
    }
}

/// The Compose that Pawl would use.
package struct ObservedCompose: Sendable, Hashable {
    /// How it is called.
    package enum Form: String, Sendable, Hashable {
        /// `docker compose`
        case plugin = "docker compose"
        /// `docker-compose`
        case standalone = "docker-compose"
    }

    /// How it is called.
    package let form: Form
    /// Its version, such as `1.29.2`.
    package let version: String

    /// Makes a Compose.
    package init(form: Form, version: String) {
        self.form = form
        self.version = version
    }
}

/// The numbers at the head of a tool's version, such as 20.10.24 of `v20.10.24+dfsg1`.
struct ToolNumbers: Comparable, Sendable {
    private let numbers: [Int]

    /// - Returns: nil where the text does not begin with a number, after a `v`.
    init?(_ text: String) {
        var numbers: [Int] = []
        let body = text.first == "v" ? text.dropFirst() : text[...]
        for part in body.split(separator: ".", omittingEmptySubsequences: false) {
            let digits = part.prefix { ("0"..."9").contains($0) }
            guard let number = Int(digits) else {
                break
            }
            numbers.append(number)
            guard digits.count == part.count else {
                break
            }
        }
        guard !numbers.isEmpty else {
            return nil
        }
        self.numbers = numbers
    }

    init(_ numbers: Int...) {
        self.numbers = numbers
    }

    static func < (one: ToolNumbers, other: ToolNumbers) -> Bool {
        for index in 0..<max(one.numbers.count, other.numbers.count) {
            let left = index < one.numbers.count ? one.numbers[index] : 0
            let right = index < other.numbers.count ? other.numbers[index] : 0
            if left != right {
                return left < right
            }
        }
        return false
    }

    static func == (one: ToolNumbers, other: ToolNumbers) -> Bool {
        !(one < other) && !(other < one)
    }
}
