/// Why an archive was refused or could not be written. Names the entry where one is to blame.
package struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is.
    package enum Code: String, Sendable {
        /// The file could not be read: the environment's fault.
        case unreadable
        /// The destination could not be written: the environment's fault.
        case unwritable
        /// The bytes are no archive of a kind that is known, or contradict themselves.
        case malformed
        /// The archive ends too early.
        case truncated
        /// A limit of `ArchiveLimits` was passed.
        case limit
        /// An entry would leave the folder, or has a name that is none.
        case unsafeName
        /// An entry is a link, a device, a pipe or something else that is neither file nor folder.
        case unsafeKind
        /// Two entries have one name, or a file has the name of a folder.
        case duplicate
        /// Whoever reads it refused it, for a reason of their own such as its digest.
        case rejected
    }

    /// What kind of trouble it is.
    package var code: Code
    /// The name of the entry, escaped and shortened so that it can be shown; nil where no entry is to blame.
    package var entry: String?
    /// What is wrong, without the name.
    package var message: String

    /// Makes an error; the name of the entry is made fit to be shown.
    package init(_ code: Code, entry: String? = nil, _ message: String) {
        self.code = code
        self.entry = entry.map(Self.shown)
        self.message = message
    }

    /// Whether the machine failed rather than the archive.
    package var isEnvironment: Bool {
        code == .unreadable || code == .unwritable
    }

    /// The name of the entry, where there is one, and the message.
    package var description: String {
        entry.map { "“\($0)”: \(message)" } ?? message
    }

    private static func shown(_ name: String) -> String {
        var shown = ""
        for (index, scalar) in name.unicodeScalars.enumerated() {
            guard index < 100 else { return shown + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
