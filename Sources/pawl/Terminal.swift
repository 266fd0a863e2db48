import Foundation

/// What is known about whoever reads.
enum Terminal {
    /// Whether somebody looks at standard output right now and it can be drawn over.
    static var isInteractive: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Whether somebody can be asked.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Whether colour is wanted.
    static var isColourful: Bool {
        isInteractive && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    }

    /// Text in a colour, where colour is wanted.
    static func coloured(_ text: String, _ colour: Colour) -> String {
        isColourful ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    enum Colour: String {
        case green = "32"
        case red = "31"
        case yellow = "33"
        case faint = "2"
    }
}

/// The two streams.
enum Output {
    /// A result, on standard output.
    static func text(_ text: String) { write(text + "\n", to: .standardOutput) }

    /// A remark, on standard error.
    static func remark(_ text: String) { write(text + "\n", to: .standardError) }

    /// Text without a line end, on standard output.
    static func raw(_ text: String) { write(text, to: .standardOutput) }

    private static func write(_ text: String, to handle: FileHandle) {
        // Nobody reads any more: that is not our trouble, and it must not end a run's follower with an error.
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
